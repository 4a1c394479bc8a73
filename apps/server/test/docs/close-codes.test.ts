import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { closeCodes, tooManyReads } from '../../src/delivery/close-codes.ts'

it('docs/protocol.md names every code with which clients are closed on purpose, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/protocol.md'), 'utf8')
  const [, table = ''] = /\nClose codes:\n\n((?:\|.*\n)+)/.exec(page) ?? []
  const named = new Set([...table.matchAll(/^\| `(\d{4})`/gm)].map(([, code]) => Number(code)))
  // What the library closes for its own rules, and bugs, need no page.
  const unnamed = [closeCodes.PROTOCOL_ERROR, closeCodes.NOT_UTF8, closeCodes.TOO_LARGE, closeCodes.INTERNAL]
  const ours = [...Object.values(closeCodes), tooManyReads(1)].filter((one) => !unnamed.includes(one))
  expect([...named].sort()).toEqual([...new Set(ours.map(({ code }) => code))].sort())
})
