import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const here = new URL('.', import.meta.url)
const page = readFileSync(new URL('cloudevents.md', here), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:paragraph|---) /.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))

/** The titles of tests that a cell names, each with its file. */
const namedIn = (cell: string) =>
  [...cell.matchAll(/`([\w./-]+\.ts): ([^`]+)`/g)].map(([, file = '', title = '']) => ({ file, title }))

describe('the table of the paragraphs of CloudEvents', () => {
  it.each(rows)('has a test, or the reason for none: %s, %s', (_paragraph, _requirement, cell = '') => {
    const named = namedIn(cell)
    expect(named.length > 0 || /^does not apply: .{10}/.test(cell), cell).toBe(true)
    for (const { file, title } of named) {
      const path = new URL(file.includes('/') ? `../../../../${file}` : file, here)
      expect(existsSync(path), file).toBe(true)
      expect(readFileSync(path, 'utf8').includes(`'${title}'`), `${file}: ${title}`).toBe(true)
    }
  })
})
