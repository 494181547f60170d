// What the conformer is measured against: libswscale's bicubic, libavfilter's bwdif, and its zscale and tonemap (the usual way
// from HDR to standard range on processors), in a loop without anything around.
//   conform_peer scale | deinterlace | hdr FRAMES  → milliseconds of processor time for a frame
#include <ctime>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/frame.h>
#include <libavutil/mem.h>
#include <libswscale/swscale.h>
}

namespace {

double processorMs() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

AVFrame* frameOf(int width, int height) {
  AVFrame* frame = av_frame_alloc();
  frame->format = AV_PIX_FMT_YUV420P;
  frame->width = width;
  frame->height = height;
  if (av_frame_get_buffer(frame, 0) < 0) std::abort();
  // Slopes and noise: no line is like another, and none is all alike.
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? height : height / 2, columns = plane == 0 ? width : width / 2;
    for (int y = 0; y < rows; ++y)
      for (int x = 0; x < columns; ++x)
        frame->data[plane][y * frame->linesize[plane] + x] = static_cast<std::uint8_t>(20 + (x * 7 + y * 13 + x * y / 50) % 210);
  }
  return frame;
}

void scale(int frames) {
  AVFrame* from = frameOf(1920, 1080);
  AVFrame* into = frameOf(1280, 720);
  SwsContext* context = sws_getContext(1920, 1080, AV_PIX_FMT_YUV420P, 1280, 720, AV_PIX_FMT_YUV420P, SWS_BICUBIC, nullptr,
                                       nullptr, nullptr);
  const double begun = processorMs();
  for (int i = 0; i < frames; ++i) sws_scale(context, from->data, from->linesize, 0, 1080, into->data, into->linesize);
  std::printf("%.4f\n", (processorMs() - begun) / frames);
  sws_freeContext(context);
  av_frame_free(&from);
  av_frame_free(&into);
}

/// A filter chain over one frame, shown again and again.
void filter(const char* chain, AVFrame* from, int frames) {
  AVFilterGraph* graph = avfilter_graph_alloc();
  graph->nb_threads = 1;
  AVFilterContext *source = nullptr, *sink = nullptr;
  char input[128];
  std::snprintf(input, sizeof input, "video_size=%dx%d:pix_fmt=%d:time_base=1/25:pixel_aspect=1/1", from->width, from->height,
                from->format);
  AVFilterInOut *inputs = avfilter_inout_alloc(), *outputs = avfilter_inout_alloc();
  bool made = avfilter_graph_create_filter(&source, avfilter_get_by_name("buffer"), "in", input, nullptr, graph) >= 0 &&
              avfilter_graph_create_filter(&sink, avfilter_get_by_name("buffersink"), "out", nullptr, nullptr, graph) >= 0;
  if (!made) std::abort();
  *outputs = {av_strdup("in"), source, 0, nullptr};
  *inputs = {av_strdup("out"), sink, 0, nullptr};
  made = avfilter_graph_parse_ptr(graph, chain, &inputs, &outputs, nullptr) >= 0 && avfilter_graph_config(graph, nullptr) >= 0;
  if (!made) std::abort();
  AVFrame* got = av_frame_alloc();
  const double begun = processorMs();
  for (int i = 0; i < frames; ++i) {
    from->pts = i;
    if (av_buffersrc_add_frame_flags(source, from, AV_BUFFERSRC_FLAG_KEEP_REF) < 0) std::abort();
    while (av_buffersink_get_frame(sink, got) >= 0) av_frame_unref(got);
  }
  std::printf("%.4f\n", (processorMs() - begun) / frames);
  av_frame_free(&got);
  avfilter_graph_free(&graph);
}

void deinterlace(int frames) {
  AVFrame* from = frameOf(1920, 1080);
  filter("bwdif=mode=send_frame:parity=tff", from, frames);
  av_frame_free(&from);
}

void hdr(int frames) {
  AVFrame* from = av_frame_alloc();
  from->format = AV_PIX_FMT_YUV420P10LE;
  from->width = 1920;
  from->height = 1080;
  from->color_range = AVCOL_RANGE_MPEG;
  from->color_primaries = AVCOL_PRI_BT2020;
  from->color_trc = AVCOL_TRC_SMPTE2084;
  from->colorspace = AVCOL_SPC_BT2020_NCL;
  if (av_frame_get_buffer(from, 0) < 0) std::abort();
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? 1080 : 540, columns = plane == 0 ? 1920 : 960;
    for (int y = 0; y < rows; ++y) {
      auto* row = reinterpret_cast<std::uint16_t*>(from->data[plane] + y * from->linesize[plane]);
      // The same picture as in conform.bench.ts.
      for (int x = 0; x < columns; ++x) {
        const int slope = (x * 7 + y * 13 + x * y / 50) % 640;
        row[x] = static_cast<std::uint16_t>(plane == 0 ? 64 + slope : 432 + slope / 4);
      }
    }
  }
  filter("zscale=transfer=linear:npl=100,format=gbrpf32le,zscale=primaries=709,tonemap=hable:desat=0,"
         "zscale=transfer=709:matrix=709:range=limited:dither=ordered,format=yuv420p",
         from, frames);
  av_frame_free(&from);
}

}  // namespace

int main(int argc, char** argv) {
  const int frames = argc > 2 ? std::atoi(argv[2]) : 0;
  if (frames < 1) return 2;
  if (std::strcmp(argv[1], "scale") == 0) scale(frames);
  else if (std::strcmp(argv[1], "deinterlace") == 0) deinterlace(frames);
  else if (std::strcmp(argv[1], "hdr") == 0) hdr(frames);
  else return 2;
  return 0;
}
