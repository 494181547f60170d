#pragma once
// A test runner that fits a screen. A test program is: #include this once per file, TEST(...) bodies, and one
// RETROVUE_TEST_MAIN. It lists its tests with --list, and runs those named on its command line, or all.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace retrovue::test {

struct Test {
  const char* name;
  void (*body)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* name, void (*body)()) { tests().push_back({name, body}); }
};

/// Ends a test at a failed REQUIRE. Never leaves the runner.
struct Abandon : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void report(const char* file, int line, const std::string& what) {
  ++failures();
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

template <class A, class B>
std::string difference(const char* left, const char* right, const A& a, const B& b) {
  std::ostringstream text;
  text << left << " == " << right << " failed: " << a << " is not " << b;
  return text.str();
}

inline int run(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--list") == 0) {
    for (const auto& test : tests()) std::puts(test.name);
    return 0;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // What was said before a crash is read, too.
  int ran = 0;
  for (const auto& test : tests()) {
    bool wanted = argc < 2;
    for (int i = 1; i < argc; ++i) wanted = wanted || std::strcmp(argv[i], test.name) == 0;
    if (!wanted) continue;
    ++ran;
    const int before = failures();
    try {
      test.body();
    } catch (const Abandon&) {
    } catch (const std::exception& error) {
      report(test.name, 0, error.what());
    }
    std::printf("%s %s\n", failures() == before ? "ok    " : "FAILED", test.name);
  }
  if (ran == 0) std::fprintf(stderr, "No such test.\n");
  return ran > 0 && failures() == 0 ? 0 : 1;
}

}  // namespace retrovue::test

#define RETROVUE_TEST_JOIN2(a, b) a##b
#define RETROVUE_TEST_JOIN(a, b) RETROVUE_TEST_JOIN2(a, b)
#define RETROVUE_TEST(name, id)                                                         \
  static void RETROVUE_TEST_JOIN(testBody, id)();                                       \
  static const ::retrovue::test::Registration RETROVUE_TEST_JOIN(testRegistration, id){ \
      name, &RETROVUE_TEST_JOIN(testBody, id)};                                         \
  static void RETROVUE_TEST_JOIN(testBody, id)()

/// TEST("bus/promise-in-words") { … }
#define TEST(name) RETROVUE_TEST(name, __COUNTER__)

/// Notes a failure and goes on.
#define CHECK(condition)                                                                            \
  do {                                                                                              \
    if (!(condition)) ::retrovue::test::report(__FILE__, __LINE__, "CHECK(" #condition ") failed"); \
  } while (false)

/// Notes a failure with both values and goes on.
#define CHECK_EQ(a, b)                                                                                    \
  do {                                                                                                    \
    const auto checkA = (a);                                                                              \
    const auto checkB = (b);                                                                              \
    if (!(checkA == checkB))                                                                              \
      ::retrovue::test::report(__FILE__, __LINE__, ::retrovue::test::difference(#a, #b, checkA, checkB)); \
  } while (false)

/// Notes a failure and ends this test.
#define REQUIRE(condition)                                                            \
  do {                                                                                \
    if (!(condition)) {                                                               \
      ::retrovue::test::report(__FILE__, __LINE__, "REQUIRE(" #condition ") failed"); \
      throw ::retrovue::test::Abandon(#condition);                                    \
    }                                                                                 \
  } while (false)

#define RETROVUE_TEST_MAIN                    \
  int main(int argc, char** argv) {           \
    return ::retrovue::test::run(argc, argv); \
  }
