import { create } from "@bufbuild/protobuf";
import type { PictureStream as CorePictureStream, SoundStream as CoreSoundStream } from "@retrovue/core";
import {
  type PictureStream,
  PictureStreamSchema,
  type SoundStream,
  SoundStreamSchema,
} from "../gen/retrovue/playout_status_pb.js";
import { ratioToWire } from "./status-to-wire.js";

/** An asset's chosen picture stream. */
export const pictureStreamToWire = ({ codec, format, nominalRate }: CorePictureStream): PictureStream =>
  create(PictureStreamSchema, {
    codec,
    width: format.width,
    height: format.height,
    pixelFormat: format.pixelFormat,
    sampleAspect: ratioToWire(format.sampleAspect),
    ...(nominalRate === undefined ? {} : { nominalRate: ratioToWire(nominalRate) }),
    interlaced: format.fieldOrder !== "progressive",
    rotation: format.rotation,
    transfer: format.colour.transfer,
  });

/** An asset's chosen sound stream. */
export const soundStreamToWire = ({
  codec,
  sampleRate,
  channels,
  layout,
  language,
}: CoreSoundStream): SoundStream =>
  create(SoundStreamSchema, { codec, sampleRate, channels, layout, language: language ?? "" });
