#include "bus_objects.h"

#include <sys/random.h>

#include <utility>

#include "dead_objects.h"

namespace retrovue::framebus {

Expected<BusObjects> BusObjects::make(const BusSpec& spec, const Place& place,
                                      std::shared_ptr<ReadersTable> readers) {
  auto layout = layoutOf(spec);
  if (!layout) return layout.failure();
  const auto available = freeBytes(place.directory);
  if (!available) return available.failure();
  if (*available < layout->totalBytes()) {
    return outOfSharedMemory(place.directory, layout->totalBytes(), *available);
  }
  const std::string path = place.directory + "/" + busName(place.prefix, spec.engineId, spec.channelId);
  if (auto removed = removeDeadBus(path, readers != nullptr); !removed) return removed.failure();

  auto pictures = SharedObject::make(place.directory, layout->picturesBytes(), 0640, Touching::later);
  if (!pictures) return pictures.failure();
  auto control = SharedObject::make(place.directory, layout->controlBytes(), 0640);
  if (!control) return control.failure();
  rvfb_header& header = layout->header;
  header.pictures_inode = pictures->inode();
  if (::getrandom(header.run_id, sizeof header.run_id, 0) != static_cast<ssize_t>(sizeof header.run_id)) {
    return systemFailure("Internal", "Cannot make a run id");
  }
  for (SharedObject* object : {&*pictures, &*control}) {
    if (auto locked = object->lock(); !locked) return locked.failure();
  }
  // Two engines that came this far at once: one of them stops here, and has replaced nothing yet.
  if (auto linked = pictures->link(path + ".pictures"); !linked) return linked.failure();
  if (!readers) {
    auto made = ReadersTable::make(place.directory, path + ".readers", layout->readersBytes);
    if (!made) return made.failure();
    readers = std::make_shared<ReadersTable>(std::move(*made));
  }
  return BusObjects{*layout, path, std::move(*control), std::move(*pictures), std::move(readers)};
}

}  // namespace retrovue::framebus
