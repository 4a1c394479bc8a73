import type { TSchema } from 'typebox'

/** The parts of an OpenAPI document that requests are made from and answers are held against. */
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
}
type Content = Readonly<Record<string, { readonly schema: TSchema }>>

interface Parameter {
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly schema: TSchema
}

/** One route of the document. */
export interface Route {
  readonly method: string
  /** With its parameters in braces. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** What it takes, by content type. */
  readonly takes: ReadonlyMap<string, TSchema>
  /** What it answers, by status and then by content type. */
  readonly answers: ReadonlyMap<number, ReadonlyMap<string, TSchema>>
  /** What a request needs: KEY, or TOKEN and the scopes that it has; undefined where it needs nothing. */
  readonly scopes: readonly string[] | undefined
}

/** A credential has one of these, and of TOKEN the scopes beside it. */
export const TOKEN = 'a token'
export const KEY = 'the access key'

/** Every route that a running Belfry says it has. */
export async function routesOf(url: string): Promise<readonly Route[]> {
  const { paths } = (await (await fetch(`${url}/docs/json`)).json()) as OpenApi
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => routeOf(method, path, operation)),
  )
}

function routeOf(
  method: string,
  path: string,
  { parameters = [], requestBody, responses, security }: Operation,
): Route {
  return {
    method: method.toUpperCase(),
    path,
    parameters,
    takes: schemasOf(requestBody?.content),
    answers: new Map(Object.entries(responses).map(([status, { content }]) => [Number(status), schemasOf(content)])),
    scopes: security?.flatMap((one) =>
      Object.entries(one).flatMap(([scheme, scopes]) => [scheme === 'accessKey' ? KEY : TOKEN, ...scopes]),
    ),
  }
}

const schemasOf = (content: Content = {}): ReadonlyMap<string, TSchema> =>
  new Map(Object.entries(content).map(([type, { schema }]) => [type, schema]))

/** The route that a request reaches, if any: HEAD is answered by GET, and names go before parameters. */
export function routeAt(routes: readonly Route[], method: string, address: string): Route | undefined {
  const asked = segmentsOf(address)
  const fits = (given: readonly string[]) =>
    given.length === asked.length && given.every((segment, index) => isParameter(segment) || segment === asked[index])
  const found = routes.filter(
    (route) => route.method === (method === 'HEAD' ? 'GET' : method) && fits(segmentsOf(route.path)),
  )
  const parameters = ({ path }: Route) => segmentsOf(path).filter(isParameter).length
  return found.toSorted((one, other) => parameters(one) - parameters(other))[0]
}

/** The path of an address without its query. */
export const pathOf = (address: string): string => /^[^?#]*/.exec(address)?.[0] ?? ''

const isParameter = (segment: string) => segment.startsWith('{')
/** A slash at the end is ignored. */
const segmentsOf = (address: string) => pathOf(address).replace(/\/$/, '').split('/').map(decoded)

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
