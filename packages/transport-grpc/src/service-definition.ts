import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { MethodDefinition, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";

type Bytes = Uint8Array;

// Bytes pass as they are: what cannot be decoded is told apart by whoever decodes, with a status of our choice.
const asItIs = (bytes: Bytes): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The method as grpc-js wants it, under the name of its service or of another one. */
const definitionOf = (method: DescMethod, service: string): MethodDefinition<Bytes, Bytes> => ({
  path: `/${service}/${method.name}`,
  requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
  responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
  requestSerialize: asItIs,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: asItIs,
  responseDeserialize: (bytes) => bytes,
});

/** A service as grpc-js wants it, with its handlers. */
export function serviceOf(
  service: DescService,
  handlerOf: (method: DescMethod) => UntypedServiceImplementation[string],
  name: string = service.typeName,
): readonly [ServiceDefinition, UntypedServiceImplementation] {
  const methods = service.methods.map((method) => [method.localName, method] as const);
  return [
    Object.fromEntries(methods.map(([key, method]) => [key, definitionOf(method, name)])),
    Object.fromEntries(methods.map(([key, method]) => [key, handlerOf(method)])),
  ];
}
