#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace retrovue::framebus::adversity {

/// How many trials, and from which seed.
struct Campaign {
  std::uint32_t count = 20;
  std::uint64_t seed = 1;
  /// A fault put in on purpose, which the checks must find; empty for none.
  std::string mutant;
};

/// What a campaign came to: printed as one line of JSON.
class Report {
 public:
  explicit Report(std::string name) : name_(std::move(name)) {}

  void count(const std::string& what, std::uint64_t by = 1) { counts_[what] += by; }
  void violation(const std::string& what);
  /// The campaign cannot run here.
  void skip(std::string reason) { skipped_ = std::move(reason); }
  /// Prints, and answers the exit status: 0, or 1 where something was violated.
  int finish() const;

 private:
  static constexpr std::size_t kViolationsShown = 20;
  std::string name_;
  std::string skipped_;
  std::map<std::string, std::uint64_t> counts_;
  std::vector<std::string> violations_;
  std::uint64_t violationCount_ = 0;
};

/// `text` as JSON.
std::string quoted(const std::string& text);

}  // namespace retrovue::framebus::adversity
