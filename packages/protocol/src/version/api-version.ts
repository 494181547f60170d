import { getOption } from "@bufbuild/protobuf";
import { file_retrovue_playout, PLAYOUT_API_VERSION } from "../gen/retrovue/playout_pb.js";

/** Version of the control API, as `1.1.0`: the value set on `proto/retrovue/playout.proto`, which alone states it. */
export const apiVersion: string = getOption(file_retrovue_playout, PLAYOUT_API_VERSION);
