#pragma once
#include <retrovue/libav/session.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace retrovue::fuzz {

/// Faults put in on purpose, to see that the campaign tells of each.
enum class Plant { none, overrun, overflow, leak, hang };

/// What playing came to.
struct Fate {
  /// "played", or the code of the failure that ended it.
  std::string end = "played";
  std::int64_t pictures = 0;
  std::int64_t samples = 0;
};

/// How a case is played.
struct Playing {
  std::shared_ptr<const libav::Descriptor> descriptor;
  /// Decides where is sought to, and whether it is closed in the middle.
  std::uint64_t salt = 0;
  Plant plant = Plant::none;
  /// Called whenever the session has answered.
  std::function<void()> onProgress;
};

/// Opens, reads all pictures and sound (up to a bound on work, not on time), seeks about, closes: every byte
/// that is lent is looked at.
Fate play(const Playing& how);

}  // namespace retrovue::fuzz
