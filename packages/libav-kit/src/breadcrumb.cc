#include <retrovue/libav/breadcrumb.h>
#include <retrovue/libav/interrupt.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace retrovue::libav {

namespace {

/// The table of this process, mapped once and kept: what must survive a crash cannot belong to anything that
/// closes.
std::atomic<BreadcrumbHead*> table{nullptr};

Breadcrumb* linesOf(BreadcrumbHead* head) {
  return reinterpret_cast<Breadcrumb*>(head + 1);
}

}  // namespace

bool useBreadcrumbFile(int fd) {
  constexpr std::size_t bytes = sizeof(BreadcrumbHead) + breadcrumbLines * sizeof(Breadcrumb);
  if (table.load() != nullptr || ftruncate(fd, bytes) != 0) return false;
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) return false;
  std::memset(mapped, 0, bytes);
  auto* head = static_cast<BreadcrumbHead*>(mapped);
  head->lines = breadcrumbLines;
  head->lineBytes = sizeof(Breadcrumb);
  std::memcpy(head->magic, "RVCRUMB1", sizeof head->magic);
  BreadcrumbHead* none = nullptr;
  if (table.compare_exchange_strong(none, head)) return true;
  munmap(mapped, bytes);
  return false;
}

BreadcrumbTrail::BreadcrumbTrail(std::string_view asset, std::uint32_t role) {
  BreadcrumbHead* head = table.load();
  if (head == nullptr) return;
  const auto self = static_cast<std::uint32_t>(syscall(SYS_gettid));
  for (std::uint32_t i = 0; i < breadcrumbLines && line_ == nullptr; i++) {
    std::uint32_t nobody = 0;
    if (linesOf(head)[i].thread.compare_exchange_strong(nobody, self)) line_ = &linesOf(head)[i];
  }
  if (line_ == nullptr) return;
  line_->sequence.fetch_add(1, std::memory_order_acq_rel);
  line_->role.store(role, std::memory_order_relaxed);
  const std::size_t length = std::min(asset.size(), sizeof line_->asset - 1);
  std::memcpy(line_->asset, asset.data(), length);
  line_->asset[length] = '\0';
  line_->sequence.fetch_add(1, std::memory_order_release);
  at(Activity::opening, 0);
}

BreadcrumbTrail::~BreadcrumbTrail() {
  if (line_ == nullptr) return;
  at(Activity::idle);
  line_->thread.store(0, std::memory_order_release);
}

void BreadcrumbTrail::at(Activity activity, std::int64_t positionNs) const {
  if (line_ == nullptr) return;
  line_->positionNs.store(positionNs, std::memory_order_relaxed);
  at(activity);
}

void BreadcrumbTrail::at(Activity activity) const {
  if (line_ == nullptr) return;
  line_->activity.store(static_cast<std::uint32_t>(activity), std::memory_order_relaxed);
  line_->changedNs.store(monoNow(), std::memory_order_relaxed);
}

}  // namespace retrovue::libav
