#include <retrovue/expected.h>
#include <retrovue/owner_thread.h>
#include <retrovue/test/runner.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

using retrovue::Expected;
using retrovue::Failure;
using retrovue::OwnerThread;

namespace {

Expected<std::unique_ptr<int>> make(bool works) {
  if (!works) return Failure{"Internal", "no", 5};
  return std::make_unique<int>(7);
}

/// Keeps an owner thread busy until it is let go.
class Gate {
 public:
  OwnerThread::Job job() {
    return [this](bool run) {
      if (!run) return;
      entered_.set_value();
      opened_.get_future().wait();
    };
  }
  void awaitEntered() { entered_.get_future().wait(); }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> opened_;
};

}  // namespace

TEST("kit/expected-carries-a-value-or-why-not") {
  auto made = make(true);
  REQUIRE(made);
  CHECK_EQ(**made, 7);
  const std::unique_ptr<int> taken = std::move(*made);
  CHECK_EQ(*taken, 7);
  const auto failed = make(false);
  REQUIRE(!failed);
  CHECK_EQ(std::string(failed.failure().code), std::string("Internal"));
  CHECK_EQ(failed.failure().status, 5);
  const Expected<void> done;
  CHECK(static_cast<bool>(done));
  const Expected<void> not_done = retrovue::systemFailure("Internal", "Cannot open", ENOENT);
  CHECK(!not_done);
  CHECK_EQ(not_done.failure().status, ENOENT);
  CHECK(not_done.failure().message.starts_with("Cannot open: "));
}

TEST("kit/owner-thread-runs-jobs-in-order-on-one-thread") {
  OwnerThread owner(100);
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  std::promise<void> done;
  for (int i = 0; i < 50; ++i) {
    REQUIRE(owner.post([&, i](bool run) {
      if (!run) return;
      order.push_back(i);
      threads.push_back(std::this_thread::get_id());
      if (i == 49) done.set_value();
    }));
  }
  done.get_future().wait();
  owner.stop();
  REQUIRE(order.size() == 50);
  for (int i = 0; i < 50; ++i) CHECK_EQ(order[static_cast<std::size_t>(i)], i);
  for (const auto& id : threads) CHECK(id == threads.front() && id != std::this_thread::get_id());
}

TEST("kit/owner-thread-refuses-beyond-its-bound") {
  Gate gate;
  OwnerThread owner(2);
  REQUIRE(owner.post(gate.job()));
  gate.awaitEntered();
  std::atomic<int> ran = 0;
  const auto count = [&ran](bool run) { ran += run ? 1 : 0; };
  CHECK(owner.post(count));
  CHECK(owner.post(count));
  CHECK(!owner.post(count));
  gate.open();
  std::promise<void> done;
  while (!owner.post([&done](bool) { done.set_value(); })) std::this_thread::yield();
  done.get_future().wait();
  CHECK_EQ(ran.load(), 2);
}

TEST("kit/owner-thread-tells-jobs-that-it-drops") {
  Gate gate;
  std::atomic<int> ran = 0;
  std::atomic<int> dropped = 0;
  OwnerThread owner(10);
  REQUIRE(owner.post(gate.job()));
  gate.awaitEntered();
  for (int i = 0; i < 5; ++i) {
    REQUIRE(owner.post([&](bool run) { ++(run ? ran : dropped); }));
  }
  std::thread stopping([&owner] { owner.stop(); });
  while (dropped < 5) std::this_thread::yield();
  gate.open();
  stopping.join();
  CHECK_EQ(ran.load(), 0);
  CHECK(!owner.post([](bool) {}));
  owner.stop();
}

RETROVUE_TEST_MAIN
