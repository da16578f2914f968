# The first process of a machine inside this one (see machine.ts): what it does to mounts, names and network is seen by its own
# processes only, and is gone when it ends. Its end is the end of its standard input.
set -eu
mount --make-rshared /
for path in /run /var/lib/cni /var/log/pods /var/log/containers /etc/cni /var/lib/kubelet; do
  [ -d "$path" ] || continue
  mount -t tmpfs -o mode=755 tmpfs "$path"
done
mkdir -p /run/netns /run/lock
hostname "$1"
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
echo up
# The builtin waits, and the shell buries every process that is left to it meanwhile.
while read -r _; do :; done
