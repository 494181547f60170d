import type { PathGrant, PathUse } from "@retrovue/sandbox";
import { codeFoldersOf, libraryFolders } from "./code-folders.js";

/** Where distributions keep libraries. One that is not there is passed over. */
const libraries = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];

/** What Node and the libraries of media look at in every process. */
const alwaysRead = [
  "/etc/ld.so.cache",
  "/etc/ld.so.preload",
  // Node ends at once where it may not read this one; the certificates beside it are another matter.
  "/etc/ssl/openssl.cnf",
  "/etc/pki/tls/openssl.cnf",
  "/etc/localtime",
  "/usr/share",
  // Other processes' secrets are kept from it by Landlock's rule on tracing.
  "/proc",
  "/sys/devices/system",
  "/sys/fs/cgroup",
  "/dev/urandom",
  "/dev/random",
];

/** What names and certificates are looked up in. */
const networkRead = [
  "/etc/resolv.conf",
  "/etc/hosts",
  "/etc/host.conf",
  "/etc/nsswitch.conf",
  "/etc/gai.conf",
  "/etc/services",
  "/etc/ssl/certs",
  "/etc/pki/tls/certs",
  "/run/systemd/resolve",
];

/** Where programs lie. */
const programFolders = ["/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin"];

/** What describes devices that decode and encode. */
const deviceRead = [
  "/sys/dev",
  "/sys/class/drm",
  "/sys/devices",
  "/sys/bus/pci",
  "/sys/module/nvidia",
  "/etc/OpenCL",
  "/etc/vulkan",
  "/etc/glvnd",
];

/** The devices themselves (DRI; NVIDIA's driver). */
const deviceWrite = [
  "/dev/dri",
  "/dev/nvidiactl",
  "/dev/nvidia-uvm",
  "/dev/nvidia-uvm-tools",
  "/dev/nvidia-modeset",
  "/dev/nvidia-caps",
  // As many as one machine holds.
  ...Array.from({ length: 16 }, (_, index) => `/dev/nvidia${index}`),
];

/** What one process may do, as paths. All are absolute. */
export interface HostAccess {
  /** Of Node. */
  readonly program: string;
  /** Modules that it loads. */
  readonly code: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly make: readonly string[];
  readonly network: boolean;
  readonly programs: boolean;
  readonly devices: boolean;
}

/** Everything that a process is granted of the file system. */
export function grantsFor(access: HostAccess): readonly PathGrant[] {
  const all = (use: PathUse, paths: readonly string[]) => paths.map((path) => ({ path, use }));
  return [
    ...all("run", [access.program, ...libraries, ...libraryFolders()]),
    ...all("read", [...alwaysRead, ...codeFoldersOf(access.code), ...access.read]),
    ...all("write", ["/dev/null", ...access.write]),
    ...all("make", access.make),
    ...(access.network ? all("read", networkRead) : []),
    ...(access.programs ? all("run", programFolders) : []),
    ...(access.devices ? [...all("read", deviceRead), ...all("write", deviceWrite)] : []),
  ];
}
