import { cpSync, mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CloudEvent, encodeHttp } from '@belfry/contracts'
import type { AnyPlugin } from '@belfry/core'
import { SignJWT } from 'jose'
import { inject } from 'vitest'
import WebSocket from 'ws'
import { loadConfig } from '../src/config/load-config.ts'
import { createBelfry } from '../src/create-belfry.ts'
import type { ForcedThreads } from '../src/intake/compose-intake.ts'

/** A folder of its own, gone when it is disposed of. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'belfry-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** A folder of its own in which Belfry has begun and nothing has happened; that it begins in an empty one is for main.test.ts to see. */
export async function begunFolder(place = '') {
  const folder = await temporaryFolder()
  // As Belfry makes it: other users of the machine do not come in.
  mkdirSync(join(folder.path, place), { recursive: true, mode: 0o700 })
  // A thousand files: one by one, as promises, they take five times as long.
  cpSync(inject('begunFolder'), join(folder.path, place), { recursive: true })
  return folder
}

/** What tokens are signed with where Belfry runs on Postgres, which has no development tokens. */
const SECRET = 'a secret that only these tests know'

/** Belfry as people start it, on a free port, with what it logs; on Postgres where its address is given. */
export async function startBelfry({
  folder = '/dev/null',
  postgres,
  env = {},
  plugins = new URL('../src/plugins.ts', import.meta.url),
  topics = [],
  clock = Date.now,
  drainMs = 50,
  forced = {},
}: {
  folder?: string
  postgres?: string
  env?: NodeJS.ProcessEnv
  plugins?: URL | readonly AnyPlugin[]
  topics?: readonly string[]
  clock?: () => number
  drainMs?: number
  forced?: ForcedThreads
}) {
  const lines: string[] = []
  const config = await loadConfig(['node', 'belfry'], {
    BELFRY_CONFIG: '/dev/null',
    NOTIFICATION_SERVICE__EMBEDDED__FOLDER: folder,
    NOTIFICATION_SERVICE__HTTP__PORT: '0',
    ...(postgres !== undefined && {
      NOTIFICATION_SERVICE__POSTGRES__URL: postgres,
      NOTIFICATION_SERVICE__AUTH__SECRET: SECRET,
      // What is tried there is the store: whoever marks all the time or reads all the time is not to be held back.
      NOTIFICATION_SERVICE__LIMITS__MARKS_PER_SECOND: '100000',
      NOTIFICATION_SERVICE__LIMITS__READS_PER_SECOND: '100000',
    }),
    ...env,
  })
  const logTo = { write: (line: string) => void lines.push(line) }
  const belfry = await createBelfry({ config, plugins, logTo, drainMs, clock }, forced)
  await belfry.start(...topics)
  const url = belfry.address
  const token = async (sub: string, scope?: string) => {
    if (postgres !== undefined)
      return new SignJWT({ sub, ...(scope !== undefined && { scope }) })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1h')
        .sign(new TextEncoder().encode(SECRET))
    // Where auth is configured, these tests sign their own.
    return (await belfry.devTokens?.sign({ sub, scope })) ?? ''
  }
  const producer = await token('producer', 'events:write')
  return {
    belfry,
    config,
    url,
    lines,
    token,
    /** Sends events in structured mode, or several as a batch; answers the status. */
    async send(...events: readonly CloudEvent[]) {
      const [first] = events
      const { headers, body } =
        events.length === 1 && first
          ? encodeHttp(first)
          : { headers: { 'content-type': 'application/cloudevents-batch+json' }, body: JSON.stringify(events) }
      const response = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${producer}` },
        body,
      })
      return response.status
    },
    /** Calls a route as this person. */
    async call(person: string, path: string, init: RequestInit & { json?: unknown } = {}) {
      const { json, ...rest } = init
      const headers = {
        authorization: `Bearer ${await token(person)}`,
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...rest.headers,
      }
      const response = await fetch(`${url}${path}`, {
        ...rest,
        headers,
        ...(json !== undefined && { body: JSON.stringify(json) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
    },
    [Symbol.asyncDispose]: () => belfry.close(),
  }
}

export interface FrameSeen {
  readonly type: string
  readonly after: number
  readonly head: number
  readonly unread: number
  readonly epoch: string
  readonly items: readonly {
    seq: number
    rev: number
    type: string
    title: string
    body: string
    read: boolean
    withdrawn: boolean
  }[]
}

/** A WebSocket as a browser opens one, with what it has got. */
export function openSocket(url: string, token: string | undefined, query = '', headers: Record<string, string> = {}) {
  const protocols = token === undefined ? ['belfry.v1'] : ['belfry.v1', `bearer.${token}`]
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream${query}`, protocols, { headers })
  const frames: FrameSeen[] = []
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  // A ping may come at any moment, and says nothing.
  socket.on('message', (data) => {
    const frame: FrameSeen = JSON.parse(String(data))
    if (frame.type !== 'ping') frames.push(frame)
  })
  socket.on('error', () => {})
  return { socket, frames, closed, items: () => frames.flatMap((frame) => frame.items ?? []) }
}

/** Server-sent events as `curl -N` gets them. */
export async function openEvents(url: string, token: string, query = '', headers: Record<string, string> = {}) {
  const stop = new AbortController()
  const response = await fetch(`${url}/v1/stream${query}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}`, ...headers },
    signal: stop.signal,
  })
  const frames: (FrameSeen & { id: string })[] = []
  const ended = (async () => {
    let text = ''
    try {
      for await (const chunk of response.body ?? []) {
        text += new TextDecoder().decode(chunk)
        const events = text.split('\n\n')
        text = events.pop() ?? ''
        for (const event of events) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1] ?? ''
          if (field('event') !== 'ping') frames.push({ ...JSON.parse(field('data')), id: field('id') })
        }
      }
    } catch {
      // Stopped by the test.
    }
  })()
  return {
    status: response.status,
    frames,
    ended,
    stop: () => stop.abort(),
    items: () => frames.flatMap((frame) => frame.items ?? []),
  }
}
