import { eventErrors } from '@belfry/contracts'
import { coreErrors } from '@belfry/core'
import { postgresErrors } from '@belfry/postgres'
import Type from 'typebox'
import Value from 'typebox/value'
import { serverErrors } from '../../src/errors.ts'
import type { Answer } from './exchange.ts'
import type { Sent } from './requests.ts'
import { pathOf, type Route, routeAt } from './routes.ts'
import { allows } from './tokens.ts'

/** What any address may answer, whether or not there is a route. */
const everywhere = new Set([400, 404, 405, 406, 413, 414, 415, 429, 431])

const codes = new Set([eventErrors, coreErrors, postgresErrors, serverErrors].flatMap((table) => Object.keys(table)))

const Problem = Type.Object({
  type: Type.String(),
  title: Type.String({ minLength: 1 }),
  status: Type.Integer(),
  detail: Type.String({ minLength: 1 }),
  code: Type.Enum([...codes]),
  remedy: Type.String({ minLength: 1 }),
})

/** Stacks, SQL, addresses of files and names of what is inside. */
const inside = [
  /\bat [^"]{1,80}:\d+:\d+/,
  /node_modules|file:\/\/|\.[jt]s:\d+/,
  /\b(select|insert into|update|delete from)\b[^"]*\b(from|values|set|where)\b/i,
  /pglite|kysely|syntax error at|relation \\"|violates|invalid input syntax|FST_ERR/i,
]

/** What must be in no answer, beside what is never: a folder, a secret. */
export function rulesOf(routes: readonly Route[], secrets: readonly string[]) {
  /** Every rule that an answer breaks, in words. */
  return (sent: Sent, answer: Answer): readonly string[] => {
    const { status, headers, body } = answer
    const route = routeAt(routes, sent.method, sent.address)
    const type = headers['content-type'] ?? ''
    const ownPages = /^\/docs(\/|$)/.test(pathOf(sent.address))
    const broken: string[] = []
    const rule = (holds: boolean, otherwise: string) => holds || broken.push(otherwise)

    rule(status < 500, `${status} is our fault`)
    rule(
      everywhere.has(status) ||
        route?.answers.has(status) === true ||
        (ownPages && status < 400) ||
        (sent.method === 'OPTIONS' && status === 204),
      `${status} is no answer of ${route ? `${route.method} ${route.path}` : 'an address without a route'}`,
    )
    if (status >= 400) {
      rule(type.startsWith('application/problem+json'), `the content type of ${status} is ${type}`)
      if (sent.method !== 'HEAD') rule(isProblem(body, status), `${body.slice(0, 300)} is no problem`)
    }
    if (!ownPages || status >= 400) {
      for (const pattern of inside) rule(!pattern.test(body), `${pattern} is in ${body.slice(0, 500)}`)
      const token = /^Bearer (\S{20,})$/.exec(sent.credential.header ?? '')?.[1]
      for (const secret of token === undefined ? secrets : [...secrets, token])
        rule(!body.includes(secret), `a secret is in ${body.slice(0, 500)}`)
    }
    if (route === undefined) return broken

    const schema = route.answers.get(status)?.get(type.split(';', 1)[0] ?? '')
    if (schema !== undefined && type.includes('json') && sent.method !== 'HEAD')
      rule(Value.Check(schema, parsed(body)), `${body.slice(0, 300)} is not what the document says of ${status}`)
    if (!allows(route, sent.credential)) rule(status >= 400, `${status} without the right to it`)
    if (sent.valid) {
      const nothingThere = status === 404 && route.path.includes('{') && route.answers.has(404)
      const streams = status === 429 && route.answers.has(429)
      // The document cannot say that one time comes before the other.
      const noTimeBetween = status === 400 && body.includes('from is not before to')
      rule(
        status < 300 || nothingThere || streams || noTimeBetween,
        `${status} for what is valid: ${body.slice(0, 300)}`,
      )
    }
    return broken
  }
}

function isProblem(body: string, status: number): boolean {
  const problem = parsed(body)
  return (
    Value.Check(Problem, problem) && problem.status === status && problem.type === `urn:belfry:error:${problem.code}`
  )
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
