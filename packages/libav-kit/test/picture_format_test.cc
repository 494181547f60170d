#include <retrovue/libav/picture_format.h>
#include <retrovue/test/runner.h>

#include <cstring>

using namespace retrovue;
using namespace retrovue::libav;

namespace {

/// As a demuxer stores what a file says.
template <class Enumeration>
void state(Enumeration& into, int number) {
  std::memcpy(&into, &number, sizeof number);
}

}  // namespace

TEST("formats/numbers-that-no-standard-has-are-unknown") {
  // The sanitizer is the judge, too: an enumeration may not be read with such a number.
  for (const int number : {251, 255, -1, 1 << 30}) {
    const FramePtr frame = makeFrame();
    REQUIRE(frame != nullptr);
    frame->width = 64;
    frame->height = 48;
    frame->format = AV_PIX_FMT_YUV420P;
    state(frame->color_primaries, number);
    state(frame->color_trc, number);
    state(frame->colorspace, number);
    state(frame->color_range, number);
    state(frame->chroma_location, number);
    const PictureFormat format = formatOf(*frame, {1, 1}, 0);
    CHECK_EQ(std::strcmp(format.primaries, "unknown"), 0);
    CHECK_EQ(std::strcmp(format.transfer, "unknown"), 0);
    CHECK_EQ(std::strcmp(format.matrix, "unknown"), 0);
    CHECK(format.chromaPosition == nullptr);
    CHECK(format == formatOf(*frame, {1, 1}, 0));
  }
}
