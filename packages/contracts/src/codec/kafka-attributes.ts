import type { Problem } from '../errors.ts'
import { optionalAttributes } from './attributes.ts'
import { attributesOfHttp, type Headers } from './http-attributes.ts'

/**
 * A form in which some producers send events, and which Belfry reads although CloudEvents or the contract has another. On Kafka, `quoted_attributes`: each
 * value is JSON text in quotes, or one that cannot have quotes is; `http_attributes`: the headers are those of HTTP, `ce-` instead of
 * `ce_`. `invalid_trace`: the traceparent is not valid, and is left out with the tracestate. `unset_previous`: a field of `previous` that
 * was never absent is null, so that all nulls there are left out.
 */
export type EventForm = 'quoted_attributes' | 'http_attributes' | 'invalid_trace' | 'unset_previous'

/** The attributes in the headers of a record. */
export interface KafkaAttributes {
  readonly attribute: (name: string) => string | undefined
  readonly forms?: readonly EventForm[]
  /** Headers that cannot be decoded. */
  readonly problems?: readonly Problem[]
}

const names = ['specversion', 'id', 'source', 'type', ...optionalAttributes] as const
/** Attributes that are a URI or a time, which have no quotes of their own. */
const WITHOUT_QUOTES: readonly string[] = ['source', 'dataschema', 'time']

/** Reads the attributes of a record in binary mode; undefined if it has no type. `header` finds a header by its name in lower case. */
export function attributesOf(
  headers: Headers,
  header: (name: string) => string | undefined,
): KafkaAttributes | undefined {
  const type = header('ce_type') ?? ''
  if (type === '') {
    // Headers that a gateway has copied from a request of HTTP.
    if ((header('ce-type') ?? '') === '') return undefined
    const { attribute, problems } = attributesOfHttp(headers, { text: true })
    return { attribute, forms: ['http_attributes'], ...(problems.length > 0 && { problems }) }
  }
  const attribute = (name: string) => header(`ce_${name}`)
  // No contract has a type that begins with a quote.
  const unquoted = type.startsWith('"') ? unquote(attribute) : unquoteUris(attribute)
  return unquoted === undefined ? { attribute } : { attribute: unquoted, forms: ['quoted_attributes'] }
}

/** The attributes without their quotes, or undefined if the value of any that could have its own is not JSON text in quotes. */
function unquote(attribute: (name: string) => string | undefined): ((name: string) => string | undefined) | undefined {
  const values = new Map<string, string>()
  for (const name of names) {
    const value = attribute(name)
    if (value === undefined) continue
    const text = jsonTextOf(value) ?? (WITHOUT_QUOTES.includes(name) ? value : undefined)
    if (text === undefined) return undefined
    values.set(name, text)
  }
  return (name) => values.get(name)
}

/**
 * The attributes where only those that are URIs or times are in quotes, which are not a part of either; undefined if none is. Spring Cloud
 * writes a header that is not a String as JSON: the `source` would be another one than the same producer's over HTTP.
 */
function unquoteUris(
  attribute: (name: string) => string | undefined,
): ((name: string) => string | undefined) | undefined {
  let values: Map<string, string> | undefined
  for (const name of WITHOUT_QUOTES) {
    const text = jsonTextOf(attribute(name) ?? '')
    if (text === undefined) continue
    values ??= new Map()
    values.set(name, text)
  }
  return values && ((name) => values.get(name) ?? attribute(name))
}

function jsonTextOf(value: string): string | undefined {
  if (!value.startsWith('"')) return undefined
  try {
    const text: unknown = JSON.parse(value)
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}
