import { registerHooks } from 'node:module';
import { applyMutation } from './mutations/apply-mutation.ts';
import { mutationNamed } from './mutations/index.ts';

/**
 * Loaded with `--import` before anything else: hands out the source of one module with one mutation applied. The name of
 * the mutation is in CHRONIK_SIM_MUTATION.
 */
const mutation = mutationNamed(process.env['CHRONIK_SIM_MUTATION'] ?? '');
const target = new URL(`../../src/${mutation.file}`, import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    const source =
      typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    return { ...loaded, shortCircuit: true, source: applyMutation(mutation, source) };
  },
});
