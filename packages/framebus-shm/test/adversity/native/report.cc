#include "report.h"

#include <cstdio>

namespace retrovue::framebus::adversity {

std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return json + '"';
}

void Report::violation(const std::string& what) {
  ++violationCount_;
  if (violations_.size() < kViolationsShown) violations_.push_back(what);
}

int Report::finish() const {
  std::string json = "{\"campaign\":" + quoted(name_);
  if (!skipped_.empty()) json += ",\"skipped\":" + quoted(skipped_);
  for (const auto& [what, count] : counts_) json += "," + quoted(what) + ":" + std::to_string(count);
  json += ",\"violationCount\":" + std::to_string(violationCount_) + ",\"violations\":[";
  for (std::size_t i = 0; i < violations_.size(); ++i) json += (i == 0 ? "" : ",") + quoted(violations_[i]);
  std::puts((json + "]}").c_str());
  return violationCount_ == 0 ? 0 : 1;
}

}  // namespace retrovue::framebus::adversity
