import { create, type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Status } from "@retrovue/core";
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../gen/grpc/reflection/v1/reflection_pb.js";

type Answer = ServerReflectionResponse["messageResponse"];

/** Answers questions about what a server serves, from the descriptors that its messages are made of. */
export class Reflection {
  readonly #services: readonly string[];
  readonly #files = new Map<string, DescFile>();
  /** The file of each service, method, message, field, enum and extension, by full name. */
  readonly #symbols = new Map<string, DescFile>();
  /** The files of extensions, by the type that they extend and their number. */
  readonly #extensions = new Map<string, Map<number, DescFile>>();

  /** @param services those that the server serves */
  constructor(services: readonly DescService[]) {
    this.#services = services.map(({ typeName }) => typeName);
    for (const { file } of services) this.#add(file);
  }

  /** Never throws: what is not known is an answer of its own. */
  answer(request: ServerReflectionRequest): ServerReflectionResponse {
    return create(ServerReflectionResponseSchema, {
      validHost: request.host,
      originalRequest: request,
      messageResponse: this.#find(request.messageRequest),
    });
  }

  #find(question: ServerReflectionRequest["messageRequest"]): Answer {
    switch (question.case) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: {
            $typeName: "grpc.reflection.v1.ListServiceResponse",
            service: this.#services.map((name) => ({
              $typeName: "grpc.reflection.v1.ServiceResponse",
              name,
            })),
          },
        };
      case "fileByFilename":
        return filesFrom(this.#files.get(question.value), question.value);
      case "fileContainingSymbol":
        return filesFrom(this.#symbols.get(question.value), question.value);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = question.value;
        const file = this.#extensions.get(containingType)?.get(extensionNumber);
        return filesFrom(file, `${containingType} ${extensionNumber}`);
      }
      case "allExtensionNumbersOfType": {
        const numbers = this.#extensions.get(question.value);
        if (numbers === undefined) return notFound(question.value);
        return {
          case: "allExtensionNumbersResponse",
          value: {
            $typeName: "grpc.reflection.v1.ExtensionNumberResponse",
            baseTypeName: question.value,
            extensionNumber: [...numbers.keys()],
          },
        };
      }
      case undefined:
        return failure(Status.InvalidArgument, "The question is missing.");
    }
  }

  #add(file: DescFile): void {
    // Descriptors name their files without the ending.
    const name = `${file.name}.proto`;
    if (this.#files.has(name)) return;
    this.#files.set(name, file);
    for (const imported of file.dependencies) this.#add(imported);
    for (const service of file.services) {
      this.#symbols.set(service.typeName, file);
      for (const method of service.methods) this.#symbols.set(`${service.typeName}.${method.name}`, file);
    }
    for (const enumeration of file.enums) this.#symbols.set(enumeration.typeName, file);
    for (const extension of file.extensions) this.#addExtension(extension, file);
    for (const message of file.messages) this.#addMessage(message, file);
  }

  #addMessage(message: DescFile["messages"][number], file: DescFile): void {
    this.#symbols.set(message.typeName, file);
    for (const field of message.fields) this.#symbols.set(`${message.typeName}.${field.name}`, file);
    for (const enumeration of message.nestedEnums) this.#symbols.set(enumeration.typeName, file);
    for (const extension of message.nestedExtensions) this.#addExtension(extension, file);
    for (const nested of message.nestedMessages) this.#addMessage(nested, file);
  }

  #addExtension(extension: DescFile["extensions"][number], file: DescFile): void {
    this.#symbols.set(extension.typeName, file);
    const numbers = this.#extensions.get(extension.extendee.typeName) ?? new Map<number, DescFile>();
    numbers.set(extension.number, file);
    this.#extensions.set(extension.extendee.typeName, numbers);
  }
}

/** A file with everything that it imports, so that one question is enough. */
function filesFrom(file: DescFile | undefined, asked: string): Answer {
  if (file === undefined) return notFound(asked);
  const wanted = new Set<DescFile>();
  const collect = (one: DescFile) => {
    if (wanted.has(one)) return;
    wanted.add(one);
    for (const imported of one.dependencies) collect(imported);
  };
  collect(file);
  return {
    case: "fileDescriptorResponse",
    value: {
      $typeName: "grpc.reflection.v1.FileDescriptorResponse",
      fileDescriptorProto: [...wanted].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)),
    },
  };
}

const notFound = (asked: string): Answer =>
  failure(Status.NotFound, `${asked.slice(0, 200)} is not known here.`);

const failure = (errorCode: number, errorMessage: string): Answer => ({
  case: "errorResponse",
  value: { $typeName: "grpc.reflection.v1.ErrorResponse", errorCode, errorMessage },
});
