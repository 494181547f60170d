import { create } from "@bufbuild/protobuf";
import { type AssetInfo, type CallContext, mediaTime, PlayoutError, type Preview } from "@retrovue/core";
import { LoadPreviewRequestSchema, ResultCode, SwitchToLiveRequestSchema } from "@retrovue/protocol";
import { expect, test } from "vitest";
import type { Inspection } from "../media/inspection.js";
import { PreviewControl, type PreviewControlDeps } from "./preview-control.js";

const context = {
  signal: new AbortController().signal,
  correlationId: "",
} as Partial<CallContext> as CallContext;

/** One running channel, of which only the preview is looked at; `inspect` says what comes of each asset. */
function previewing(inspect: (uri: string) => Promise<Partial<Inspection>>) {
  const kept: (Preview | undefined)[] = [];
  const channel = { id: 1, setPreview: (preview: Preview | undefined) => void kept.push(preview) };
  const deps = {
    channels: { configOf: () => undefined, onAir: () => channel, running: () => channel },
    records: { onEvent: () => {} },
    styles: { refuseOther() {}, pin() {} },
    clock: { now: () => 0n },
    // What is primed slowly is not waited for.
    timer: {
      after: (_: bigint, wake: () => void) => {
        queueMicrotask(wake);
        return { [Symbol.dispose]() {} };
      },
    },
    assets: { inspect },
    resolver: { locate: async (asset: string) => asset },
  } as unknown as PreviewControlDeps;
  return { kept, control: new PreviewControl(deps) };
}

const load = (assetPath: string) =>
  create(LoadPreviewRequestSchema, { channelId: 1, assetPath, frameCount: -1n });
const atOnce = create(SwitchToLiveRequestSchema, { channelId: 1 });
const asset: AssetInfo = {
  uri: "/a",
  container: "test",
  duration: mediaTime(1_000_000_000n),
  picture: undefined,
  sound: undefined,
};

test("preview/one-whose-caller-left-has-failed-and-is-not-called-unready-for-ever", async () => {
  const left = new PlayoutError("Cancelled", "The caller left.");
  const { control } = previewing(() => Promise.reject(left));
  await expect(control.load(load("/a"), context)).rejects.toBe(left);
  expect(await control.switch(atOnce, context)).toMatchObject({ resultCode: ResultCode.FAILED });
});

test("preview/one-that-does-not-open-takes-the-one-before-it-away", async () => {
  const { control, kept } = previewing(async (uri) =>
    uri === "/a" ? { asset } : { error: new PlayoutError("MediaNotFound", "It is not there.") },
  );
  expect(await control.load(load("/a"), context)).toMatchObject({ success: true });
  expect(await control.load(load("/gone"), context)).toMatchObject({ resultCode: ResultCode.FAILED });
  expect(kept.map((preview) => preview?.asset.uri)).toEqual(["/a", undefined]);
  expect(await control.switch(atOnce, context)).toMatchObject({ resultCode: ResultCode.FAILED });
});
