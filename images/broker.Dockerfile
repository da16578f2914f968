# The broker. Build from the root of the repository, for as many platforms as wanted:
#   docker buildx build --platform linux/amd64,linux/arm64 -f images/broker.Dockerfile -t chronik-broker:0.1.0 .
FROM node:26-bookworm-slim AS packages
WORKDIR /chronik
COPY package.json package-lock.json .npmrc ./
COPY broker/package.json broker/
COPY operator/package.json operator/
COPY e2e/package.json e2e/
# The pinned Node.js comes by the lock file like every other package.
RUN npm ci --omit=dev --workspace broker --include-workspace-root --no-audit --no-fund \
 && mv node_modules/node-linux-*/bin/node /usr/local/bin/node \
 && rm -rf node_modules/node-linux-* node_modules/node-bin-* node_modules/@chronik \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.map' -o -name '*.md' \) -delete
COPY LICENSE ./
COPY broker/src broker/src
# What V8 makes of them, for processors like this one; others do without.
COPY tools/images/compile.ts /tmp/
RUN node --initial-old-space-size=256 /tmp/compile.ts /chronik broker && chmod -R go+rX .cache

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 && rm -rf /var/lib/apt/lists/*
COPY --from=packages /usr/local/bin/node /usr/local/bin/node
COPY --from=packages /chronik/package.json /chronik/LICENSE /chronik/
COPY --from=packages /chronik/node_modules /chronik/node_modules
COPY --from=packages /chronik/broker /chronik/broker
COPY --from=packages /chronik/.cache /chronik/.cache
# File writes, fsyncs, DNS and compression share libuv's pool.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/chronik/.cache/compiled NODE_COMPILE_CACHE_PORTABLE=1 UV_THREADPOOL_SIZE=16
USER 65532:65532
WORKDIR /tmp
ENTRYPOINT ["/usr/local/bin/node", "--initial-old-space-size=256", "/chronik/broker/src/main.ts"]
CMD ["--help"]
