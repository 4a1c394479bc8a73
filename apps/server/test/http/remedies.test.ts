import { eventErrors } from '@belfry/contracts'
import type { ErrorRow } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import { kafkaErrors } from '@belfry/kafka'
import { postgresErrors } from '@belfry/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serverErrors } from '../../src/errors.ts'
import { sendRaw } from '../raw-request.ts'
import { begunFolder, startBelfry } from '../start-belfry.ts'

const tables = [eventErrors, coreErrors, kafkaErrors, postgresErrors, serverErrors]
const rows = new Map(tables.flatMap((table) => Object.entries<ErrorRow>(table)))

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>
let token: string

beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({ folder: folder.path })
  token = await app.token('u1', 'ops events:write')
})
afterAll(async () => {
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

describe('an answer has the remedy of its error', () => {
  const json = { 'content-type': 'application/json' }
  it.each<readonly [what: string, status: number, code: string, path: string, init: RequestInit]>([
    ['a query that is not valid', 400, 'REQUEST_INVALID', '/v1/notifications?limit=0', {}],
    ['an address that cannot be decoded', 400, 'REQUEST_INVALID', '/v1/%', {}],
    [
      'a body that is not JSON',
      400,
      'BODY_INVALID',
      '/v1/notifications/read',
      { method: 'POST', body: '{', headers: json },
    ],
    [
      'an event that is not JSON',
      400,
      'EVENT_NOT_JSON',
      '/v1/events',
      { method: 'POST', body: '{', headers: { 'content-type': 'application/cloudevents+json' } },
    ],
    [
      'a token that is not valid',
      401,
      'TOKEN_INVALID',
      '/v1/notifications',
      { headers: { authorization: 'Bearer x.y.z' } },
    ],
    ['no such route', 404, 'NOT_FOUND', '/v1/nothing', {}],
    ['a method that the route does not have', 404, 'NOT_FOUND', '/v1/events', { method: 'DELETE' }],
    ['no such dead letter', 404, 'NOT_FOUND', '/v1/ops/dead-letters/99', {}],
    [
      'a body that is too large',
      413,
      'BODY_TOO_LARGE',
      '/v1/notifications/read',
      { method: 'POST', body: `"${'x'.repeat(5_000)}"`, headers: json },
    ],
    [
      'a body in another encoding',
      415,
      'CONTENT_ENCODING_UNSUPPORTED',
      '/v1/events',
      { method: 'POST', body: 'x', headers: { 'content-encoding': 'br' } },
    ],
    [
      'a body of another type',
      415,
      'CONTENT_TYPE_NOT_JSON',
      '/v1/notifications/read',
      { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } },
    ],
  ])('%s', async (_what, status, code, path, init) => {
    const headers = { authorization: `Bearer ${token}`, ...init.headers }
    const response = await fetch(`${app.url}${path}`, { ...init, headers })
    const problem: unknown = await response.json()
    expect(problem).toMatchObject({ status, code, remedy: rows.get(code)?.remedy })
  })

  it('of a content type: what was found, what is missing, and what to do in this case', async () => {
    const send = async (path: string, type: string) => {
      const headers = { authorization: `Bearer ${token}`, ...(type !== '' && { 'content-type': type }) }
      const { status, detail, remedy } = (await (
        await fetch(`${app.url}${path}`, { method: 'POST', headers, body: new Blob(['{}']) })
      ).json()) as { status: number; detail: string; remedy: string }
      return [status, detail, remedy]
    }
    const missing = 'the attributes of the event are missing: the headers ce-specversion, ce-type, ce-source, ce-id'
    expect(await send('/v1/events', '')).toEqual([
      415,
      `the content type is missing: ${missing}`,
      eventErrors.CONTENT_TYPE_UNSUPPORTED.remedy,
    ])
    expect(await send('/v1/events', 'application/json')).toEqual([
      415,
      `the content type is application/json: ${missing}`,
      expect.stringMatching(/^Send the attributes in these headers/),
    ])
    const { remedy } = serverErrors.CONTENT_TYPE_NOT_JSON
    const found = (type: string) => [415, `the content type of the body is ${type}, expected application/json`, remedy]
    expect(await send('/v1/notifications/read', 'text/xml')).toEqual(found('text/xml'))
    expect(await send('/v1/notifications/read', '')).toEqual(found('missing'))
  })

  it('a request that is not HTTP', async () => {
    const [, body = ''] = (await sendRaw(app.url, 'hello\r\n\r\n')).split('\r\n\r\n')
    expect(JSON.parse(body)).toMatchObject({ remedy: serverErrors.REQUEST_INVALID.remedy })
  })

  it('and no remedy has a blank, since it is shown as it is', () => {
    expect([...rows].filter(([, { remedy }]) => /\{\w+\}/.test(remedy))).toEqual([])
  })
})
