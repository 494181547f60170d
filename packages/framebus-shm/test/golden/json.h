#pragma once
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace retrovue::framebus::golden {

/// Puts one JSON value together. The caller opens and closes in pairs.
class Json {
 public:
  Json& open(char bracket) {
    comma();
    text_ += bracket;
    fresh_ = true;
    return *this;
  }
  Json& close(char bracket) {
    text_ += bracket;
    fresh_ = false;
    return *this;
  }
  Json& key(std::string_view name) {
    string(name);
    text_ += ':';
    fresh_ = true;
    return *this;
  }
  Json& string(std::string_view value) {
    comma();
    text_ += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text_ += '\\';
      if (static_cast<unsigned char>(c) < 0x20) {
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
        text_ += escaped;
      } else {
        text_ += c;
      }
    }
    text_ += '"';
    return *this;
  }
  Json& number(std::int64_t value) { return raw(std::to_string(value)); }
  /// 64-bit values as text: JavaScript's numbers do not hold them.
  Json& wide(std::int64_t value) { return string(std::to_string(value)); }
  Json& boolean(bool value) { return raw(value ? "true" : "false"); }
  Json& null() { return raw("null"); }

  const std::string& text() const { return text_; }

 private:
  Json& raw(std::string_view value) {
    comma();
    text_ += value;
    return *this;
  }
  void comma() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
  }

  std::string text_;
  bool fresh_ = true;
};

}  // namespace retrovue::framebus::golden
