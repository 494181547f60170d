#include "arguments.h"

#include <retrovue/test/runner.h>

using namespace retrovue::sandbox;

namespace {

retrovue::Expected<Arguments> read(std::vector<const char*> words) {
  words.insert(words.begin(), "retrovue-sandbox");
  return Arguments::read(static_cast<int>(words.size()), const_cast<char**>(words.data()));
}

}  // namespace

TEST("sandbox/arguments-are-read-up-to-the-program") {
  const auto read1 =
      read({"--read", "/srv", "--make", "/run/x", "--network", "--descriptors", "5", "--memory", "1048576",
            "--without", "seccomp", "--required", "--", "node", "--read", "x"});
  REQUIRE(read1);
  CHECK_EQ(read1->confinement.grants.size(), 2U);
  CHECK(read1->confinement.grants[1].use == PathUse::make);
  CHECK(read1->confinement.network);
  CHECK(!read1->confinement.programs);
  CHECK_EQ(read1->confinement.descriptors, 5U);
  CHECK_EQ(read1->confinement.memoryBytes, 1'048'576U);
  CHECK(read1->confinement.without.contains("seccomp"));
  CHECK(read1->isRequired);
  REQUIRE(read1->program.size() == 4);
  CHECK_EQ(std::string(read1->program[1]), std::string("--read"));
  CHECK(read1->program[3] == nullptr);
}

TEST("sandbox/arguments-that-are-not-understood-are-refused") {
  CHECK(!read({"--raed", "/srv", "--", "node"}));
  CHECK(!read({"--descriptors", "many", "--", "node"}));
  CHECK(!read({"--memory"}));
  CHECK(!read({"--read", "/srv"}));
  CHECK(!read({}));
}
