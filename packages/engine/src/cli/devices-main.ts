import { PlayoutError } from "@retrovue/core";
import { type ListingOrder, listDevices } from "./device-listing.js";

/*
 * The entry of the process that `devices` asks drivers in, forked with a channel. What it is told is our own command's; a driver
 * that takes the process down takes nothing else along.
 */
if (process.send === undefined) {
  throw new PlayoutError("WrongState", "This process is started by `retrovue-playout devices`, not by hand.");
}
process.on("disconnect", () => process.exit());
process.once("message", (order) => {
  void listDevices(order as ListingOrder).then((told) =>
    process.send?.(told, undefined, undefined, () => process.disconnect()),
  );
});
