#include "call_rules.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>

#include "call_numbers.h"

namespace retrovue::sandbox {

namespace {

/// Nobody who decodes or encodes needs these. Grouped by what they would be good for.
constexpr int neverNeeded[] = {
    // Other processes: their memory, their descriptors, their scheduling.
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_process_mrelease,
    SYS_kcmp,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_migrate_pages,
    SYS_move_pages,
    // The kernel: modules, programs in it, tracing, faults handled outside of it.
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_syslog,
    SYS_lookup_dcookie,
    SYS_personality,
    SYS_reboot,
    SYS_acct,
    // A ring of requests passes by any filter.
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    // Keys.
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    // File systems and namespaces.
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_swapon,
    SYS_swapoff,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_fanotify_init,
    SYS_fanotify_mark,
    SYS_name_to_handle_at,
    SYS_open_by_handle_at,
    callOpenTreeAttr,
    // Attributes of files, which Landlock leaves alone.
    SYS_fchmod,
    SYS_fchmodat,
    callFchmodat2,
    SYS_fchown,
    SYS_fchownat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    callSetxattrat,
    callRemovexattrat,
    SYS_utimensat,
    SYS_truncate,
    SYS_mknodat,
    callFileSetattr,
    // Another user.
    SYS_setuid,
    SYS_setgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setfsuid,
    SYS_setfsgid,
    SYS_setgroups,
    SYS_capset,
    // The host's clock and names.
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_vhangup,
    // Ways to other processes of the same user that know of no folder.
    SYS_shmget,
    SYS_shmat,
    SYS_shmctl,
    SYS_semget,
    SYS_semop,
    SYS_semtimedop,
    SYS_semctl,
    SYS_msgget,
    SYS_msgsnd,
    SYS_msgrcv,
    SYS_msgctl,
    SYS_mq_open,
    SYS_mq_unlink,
#if defined(__x86_64__)
    SYS_kexec_file_load,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
    SYS_mknod,
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_uselib,
    SYS_ustat,
    SYS_sysfs,
    SYS__sysctl,
    SYS_nfsservctl,
#else
    SYS_kexec_file_load,
    SYS_nfsservctl,
#endif
};

/// PRIO_PROCESS and the like name this process by 0.
constexpr std::uint32_t itself = 0;

/// A kind of socket without its flags (net.h: SOCK_TYPE_MASK), and close-on-exec, which Node sets.
constexpr std::uint32_t streamSocket = SOCK_STREAM;
constexpr std::uint32_t streamFlags[] = {SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK};

void signalRules(FilterProgram& filter, std::uint32_t own) {
  filter.allowOnly(SYS_kill, 0, {own});
  filter.allowOnly(SYS_tgkill, 0, {own});
  filter.allowOnly(SYS_rt_sigqueueinfo, 0, {own});
  filter.allowOnly(SYS_rt_tgsigqueueinfo, 0, {own});
  filter.refuse(SYS_tkill, EPERM);
}

void programRules(FilterProgram& filter, const CallRules& rules) {
  filter.refuse(SYS_execve, EPERM);
  if (rules.programDescriptor) filter.allowPair(SYS_execveat, 0, *rules.programDescriptor, 4, AT_EMPTY_PATH);
  filter.allowWithBits(SYS_clone, 0, CLONE_THREAD);
#if defined(__x86_64__)
  filter.refuse(SYS_fork, EPERM);
  filter.refuse(SYS_vfork, EPERM);
#endif
}

void networkRules(FilterProgram& filter, bool network) {
  // Other families are doors to the kernel (packet, netlink of everything, vsock, alg, bluetooth).
  if (network) {
    filter.allowOnly(SYS_socket, 0, {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK});
    return;
  }
  filter.refuse(SYS_socket, EPERM);
  // A pair of streams stays within the process; datagrams of a pair may be sent to any name.
  filter.allowOnly(SYS_socketpair, 1,
                   {streamSocket, streamSocket | streamFlags[0], streamSocket | streamFlags[1],
                    streamSocket | streamFlags[2]});
  for (const int call : {SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4})
    filter.refuse(call, EPERM);
  filter.allowOnly(SYS_sendto, 4, {0});
}

}  // namespace

FilterProgram filterFor(const CallRules& rules) {
  FilterProgram filter;
  filter.refuseNewerThan(newestCall);
  for (const int call : neverNeeded) filter.refuse(call, EPERM);
  // Its flags lie in memory, where a filter cannot look; the C library goes on with clone.
  filter.refuse(SYS_clone3, ENOSYS);
  if (rules.programs) {
    filter.refuseWithBits(SYS_clone, 0,
                          CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
                              CLONE_NEWUTS | CLONE_NEWCGROUP);
  } else {
    programRules(filter, rules);
    signalRules(filter, static_cast<std::uint32_t>(rules.ownProcess));
  }
  networkRules(filter, rules.network);
  const auto own = static_cast<std::uint32_t>(rules.ownProcess);
  filter.allowOnly(SYS_prlimit64, 0, {itself, own});
  filter.allowOnly(SYS_setpriority, 1, {itself});
  filter.allowOnly(SYS_ioprio_set, 1, {itself});
  filter.allowOnly(SYS_sched_setaffinity, 0, {itself});
  if (!rules.realtime) {
    for (const int call : {SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr})
      filter.allowOnly(call, 0, {itself});
  }
  // A descriptor's owner is sent any signal that is asked for, also one that ends it.
  filter.refuseOnly(SYS_fcntl, 1, {F_SETOWN, F_SETOWN_EX, F_SETSIG});
  // The last two put words into the terminal that the engine was started from.
  filter.refuseOnly(SYS_ioctl, 1, {FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX});
  return filter;
}

}  // namespace retrovue::sandbox
