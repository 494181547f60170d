import { type DescField, ScalarType } from "@bufbuild/protobuf";
import { FileOptionsSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import {
  file_retrovue_playout,
  PLAYOUT_API_VERSION,
  PlayoutControl,
} from "../src/gen/retrovue/playout_pb.js";
import { apiVersion } from "../src/index.js";
import { fixedEnums, fixedMessages, fixedMethods, fixedVersion } from "./fixed-numbers.js";

/** A field as the table writes it: `number name type`, with what else the wire would show. */
function line(field: DescField): string {
  const type =
    field.fieldKind === "enum"
      ? field.enum.name
      : field.fieldKind === "message"
        ? field.message.name
        : field.fieldKind === "scalar"
          ? ScalarType[field.scalar].toLowerCase()
          : field.fieldKind === "list" && field.listKind === "message"
            ? `repeated ${field.message.name}`
            : field.fieldKind;
  const oneof = field.oneof ? ` oneof ${field.oneof.name}` : "";
  return `${field.number} ${field.name} ${type}${oneof}`;
}

describe("proto/numbers-are-those-of-the-contract", () => {
  test("package, service and methods", () => {
    expect(PlayoutControl.typeName).toBe("retrovue.playout.PlayoutControl");
    const found = PlayoutControl.methods.map(({ name, input, output, methodKind }) => [
      name,
      input.name,
      methodKind === "server_streaming" ? `stream ${output.name}` : output.name,
    ]);
    expect(found).toEqual(fixedMethods);
    for (const { input, output } of PlayoutControl.methods) {
      expect([input.file.name, output.file.name]).toEqual(["retrovue/playout", "retrovue/playout"]);
    }
  });

  test("the file has these messages and enums, and no others", () => {
    expect(file_retrovue_playout.messages.map(({ name }) => name).sort()).toEqual(
      Object.keys(fixedMessages).sort(),
    );
    expect(file_retrovue_playout.enums.map(({ name }) => name).sort()).toEqual(
      Object.keys(fixedEnums).sort(),
    );
  });

  test.each(Object.entries(fixedMessages))("message %s", (name, lines) => {
    const message = file_retrovue_playout.messages.find((candidate) => candidate.name === name);
    expect(message?.fields.toSorted((a, b) => a.number - b.number).map(line)).toEqual(lines);
    // Presence is on the wire's side of the contract too: proto3 fields without `optional` have none.
    expect(message?.fields.filter(({ proto }) => proto.proto3Optional)).toEqual([]);
  });

  test.each(Object.entries(fixedEnums))("enum %s", (name, values) => {
    const found = file_retrovue_playout.enums.find((candidate) => candidate.name === name);
    expect(found?.values.map((value) => `${value.name} ${value.number}`)).toEqual(values);
  });

  test("the version is a file option of its own, and GetVersion's answer is read from it", () => {
    expect(PLAYOUT_API_VERSION.typeName).toBe("retrovue.playout.PLAYOUT_API_VERSION");
    expect(PLAYOUT_API_VERSION.number).toBe(fixedVersion.field);
    expect(PLAYOUT_API_VERSION.extendee.typeName).toBe(FileOptionsSchema.typeName);
    expect(apiVersion).toBe(fixedVersion.version);
  });
});
