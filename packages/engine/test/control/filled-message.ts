import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";

/** A message with every field set to something that is not its default, and of a `oneof` its last member; the same every time. */
export function filled(schema: DescMessage, depth = 0): Message {
  const values: Record<string, unknown> = {};
  for (const member of schema.members) {
    if (member.kind === "oneof") {
      const field = member.fields.at(-1);
      if (field !== undefined)
        values[member.localName] = { case: field.localName, value: someOf(field, depth) };
    } else {
      values[member.localName] = someOf(member, depth);
    }
  }
  return create(schema, values as never);
}

function someOf(field: DescField, depth: number): unknown {
  const one = (): unknown => {
    if (field.message !== undefined)
      return depth > 4 ? create(field.message) : filled(field.message, depth + 1);
    if (field.enum !== undefined) return field.enum.values.at(-1)?.number;
    return scalarOf(field.scalar, field.number);
  };
  if (field.fieldKind === "list") return [one(), one()];
  if (field.fieldKind === "map")
    return { key: field.message === undefined ? scalarOf(field.scalar, field.number) : one() };
  return one();
}

function scalarOf(type: ScalarType | undefined, number: number): unknown {
  switch (type) {
    case ScalarType.STRING:
      return `text ${number} é`;
    case ScalarType.BOOL:
      return true;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return number + 0.5;
    case ScalarType.BYTES:
      return new Uint8Array([number, 255]);
    case ScalarType.INT64:
    case ScalarType.SFIXED64:
    case ScalarType.SINT64:
      return BigInt(number) * 1_000_003n;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return BigInt(number) * 1_000_033n;
    default:
      return number * 7;
  }
}
