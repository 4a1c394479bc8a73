import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

it('the README shows the path of one event in at most eight files, each of which names or calls the next', () => {
  const [, table = ''] = /The path of one event\.[^\n]*\n\n((?:\|.*\n)+)/.exec(read('README.md')) ?? []
  const files = [...table.matchAll(/\]\(([^)]+\.ts)\)/g)].flatMap(([, file]) => file ?? [])
  expect(files.length).toBeGreaterThan(4)
  expect(files.length).toBeLessThanOrEqual(8)
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  for (const [index, next] of files.slice(1).entries()) {
    const before = files[index] ?? ''
    const exported = [
      ...read(next).matchAll(/^export (?:async )?(?:function|class|const|interface|type) (\w+)/gm),
    ].flatMap(([, name]) => name ?? [])
    const names = [basename(next).replace('.', '\\.'), ...exported]
    expect([before, read(before).match(new RegExp(`\\b(?:${names.join('|')})\\b`))]).not.toEqual([before, null])
  }
})
