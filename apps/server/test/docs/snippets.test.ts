import { execFile, spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { allContracts } from '@belfry/contracts'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { begunFolder, startBelfry, temporaryFolder } from '../start-belfry.ts'

/*
 * What the docs show is compiled or run.
 */

const root = fileURLToPath(new URL('../../../../', import.meta.url))

interface Snippet {
  readonly page: string
  readonly language: string
  readonly text: string
}

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'apps/example-producer/README.md',
  ...globSync('docs/**/*.md', { cwd: root }).sort(),
]
const snippets: readonly Snippet[] = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = '', language = '', text = '']) => ({
      page,
      language,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  ),
)
const of = (language: string) => snippets.filter((snippet) => snippet.language === language)

describe('every snippet of the docs', () => {
  it('is of a kind that is tried here', () => {
    expect(new Set(snippets.map(({ language }) => language))).toEqual(
      new Set(['ts', 'toml', 'sh', 'json', 'sql', 'python', 'java', 'js']),
    )
    // The SDKs of other producers are run by a test of them.
    expect(
      of('python')
        .concat(of('java'), of('js'))
        .map(({ page }) => page),
    ).toEqual(Array(3).fill('docs/producer.md'))
    // The grants are run by a test of the store, as the roles that they are for; the queries of the outbox by a test of the example.
    expect(new Set(of('sql').map(({ page }) => page))).toEqual(
      new Set(['apps/example-producer/README.md', 'docs/security.md']),
    )
  })

  it('in TypeScript compiles', () => {
    const folder = fileURLToPath(new URL('../../.snippets/', import.meta.url))
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    for (const [index, { page, text }] of of('ts').entries())
      writeFileSync(join(folder, `${page.replace(/\W/g, '-')}-${index}.ts`), `${text}\nexport {}\n`)
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../../tsconfig.base.json', include: ['*.ts'] }),
    )
    const { stdout } = spawnSync('tsc', ['-p', folder], { encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(of('ts').length).toBeGreaterThan(5)
    rmSync(folder, { recursive: true })
  })

  it('in TOML is a configuration', async () => {
    await using folder = await temporaryFolder()
    for (const { text } of of('toml')) {
      const file = join(folder.path, 'Config.toml')
      writeFileSync(file, text)
      await expect(loadConfig(['node', 'belfry', '--config', file], {})).resolves.toBeDefined()
    }
    expect(of('toml').length).toBeGreaterThan(0)
  })

  it("in the README's steps works as it is pasted, and answers what is shown", async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path })
    const steps = of('sh')
      .filter(({ page }) => page === 'README.md')
      .map(({ text }) => text.replaceAll('http://127.0.0.1:8080', app.url))
    const shown = of('json')
      .filter(({ page }) => page === 'README.md')
      .map(({ text }) => text)
    const [token = '', send = '', read = '', listen = ''] = steps
    // In the repository, as the README has it.
    const env = { ...process.env, BELFRY_CONFIG: '/dev/null', NOTIFICATION_SERVICE__EMBEDDED__FOLDER: folder.path }
    const shell = async (script: string) => (await promisify(execFile)('sh', ['-c', script], { cwd: root, env })).stdout
    expect(JSON.parse(await shell(`${token}${send}`))).toEqual(JSON.parse(shown[0] ?? ''))
    const asShown = JSON.parse(shown[1] ?? '', (_key, value) => (value === '…' ? expect.any(String) : value))
    await expect.poll(async () => JSON.parse(await shell(`${token}${read}`))).toEqual(asShown)
    const heard = await shell(`${token}${listen.trim().replace('curl -sN', 'curl -sN --max-time 2')} || true`)
    expect(heard).toMatch(/^event: changes\nid: \S+\/1\ndata: \{"type":"changes".*"title":"Room 1 is booked"/)
    expect(steps).toHaveLength(4)
  })
})

describe('docs/producer.md', () => {
  it('has the topics and keys of the contracts, for producers in other languages', () => {
    const page = readFileSync(join(root, 'docs/producer.md'), 'utf8')
    const row = (name: string) => [...(new RegExp(`^\\| ${name} .*`, 'm').exec(page)?.[0] ?? '').matchAll(/`(\w+)`/g)]
    const keys = row('key').map(([, key]) => key)
    const shown = row('topic').map(([, topic], index) => `${topic}: ${keys[index]}`)
    expect(new Set(shown)).toEqual(new Set(allContracts.map(({ topic, key }) => `${topic}: ${key}`)))
    expect(allContracts.map(({ topic }) => topic)).toEqual(allContracts.map(({ type }) => type.split('.')[0]))
  })
})

describe('links of the docs', () => {
  it('lead to files that are there', () => {
    for (const page of pages)
      for (const [, target = ''] of readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)\)/g))
        expect(globSync(join(root, page, '..', target)), `${page}: ${target}`).not.toEqual([])
  })
})
