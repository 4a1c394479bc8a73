/** A request as kafkajs sends it, and how its answer is read. */
export interface Exchange<Answer> {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    /** Returns kafkajs's encoder. */
    encode(): Promise<object>
  }
  readonly response: { decode(bytes: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> }
}

/** How kafkajs makes the requests of one kind, in each version that it has. */
export interface RequestDefinition<Options, Answer> {
  readonly versions: readonly string[]
  protocol(of: { readonly version: number }): (options: Options) => Exchange<Answer>
}

/** What is used of kafkajs's Encoder. */
export interface Encoder {
  readonly buffer: Buffer
  writeInt8(value: number): Encoder
  writeInt32(value: number): Encoder
  writeInt64(value: string | number): Encoder
  writeUVarInt(value: number): Encoder
  writeUVarIntString(value: string): Encoder
  writeBoolean(value: boolean): Encoder
  writeArray(value: readonly string[]): Encoder
  writeBuffer(value: Buffer): Encoder
}

/** What is used of kafkajs's Decoder. */
export interface Decoder {
  readInt8(): number
  readInt16(): number
  readInt32(): number
  readInt64(): bigint
  readBytes(size: number): Buffer
  readString(): string | null
  readUVarInt(): number
  readUVarIntString(): string | null
}
