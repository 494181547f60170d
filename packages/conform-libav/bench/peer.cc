// What the conformer is measured against: libswscale's bicubic and libavfilter's bwdif, in a loop without anything around.
//   conform_peer scale | deinterlace FRAMES  → milliseconds of processor time for a frame
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

void deinterlace(int frames) {
  AVFilterGraph* graph = avfilter_graph_alloc();
  graph->nb_threads = 1;
  AVFilterContext *source = nullptr, *filter = nullptr, *sink = nullptr;
  const char* input = "video_size=1920x1080:pix_fmt=yuv420p:time_base=1/25:pixel_aspect=1/1";
  const bool made =
      avfilter_graph_create_filter(&source, avfilter_get_by_name("buffer"), "in", input, nullptr, graph) >= 0 &&
      avfilter_graph_create_filter(&filter, avfilter_get_by_name("bwdif"), "bwdif", "mode=send_frame:parity=tff", nullptr,
                                   graph) >= 0 &&
      avfilter_graph_create_filter(&sink, avfilter_get_by_name("buffersink"), "out", nullptr, nullptr, graph) >= 0 &&
      avfilter_link(source, 0, filter, 0) >= 0 && avfilter_link(filter, 0, sink, 0) >= 0 &&
      avfilter_graph_config(graph, nullptr) >= 0;
  if (!made) std::abort();
  AVFrame* from = frameOf(1920, 1080);
  AVFrame* got = av_frame_alloc();
  const double begun = processorMs();
  for (int i = 0; i < frames; ++i) {
    from->pts = i;
    if (av_buffersrc_add_frame_flags(source, from, AV_BUFFERSRC_FLAG_KEEP_REF) < 0) std::abort();
    while (av_buffersink_get_frame(sink, got) >= 0) av_frame_unref(got);
  }
  std::printf("%.4f\n", (processorMs() - begun) / frames);
  av_frame_free(&from);
  av_frame_free(&got);
  avfilter_graph_free(&graph);
}

}  // namespace

int main(int argc, char** argv) {
  const int frames = argc > 2 ? std::atoi(argv[2]) : 0;
  if (frames < 1) return 2;
  if (std::strcmp(argv[1], "scale") == 0) scale(frames);
  else if (std::strcmp(argv[1], "deinterlace") == 0) deinterlace(frames);
  else return 2;
  return 0;
}
