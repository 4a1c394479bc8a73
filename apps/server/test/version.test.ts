import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { version } from '../src/version.ts'
import { begunFolder, startBelfry } from './start-belfry.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (file: string) => readFileSync(join(root, file), 'utf8')

it('every package and the newest section of the changelog have the same version', () => {
  const manifests = ['package.json', ...globSync('{apps,packages}/*/package.json', { cwd: root })].sort()
  expect(manifests.length).toBeGreaterThan(10)
  expect(manifests.map((file) => [file, JSON.parse(read(file)).version])).toEqual(
    manifests.map((file) => [file, version]),
  )
  // What is not released yet has a section above it, without a version.
  expect(/^## (?!Unreleased)(\S+)/m.exec(read('CHANGELOG.md'))?.[1]).toBe(version)
})

it('an instance shows its version in /ready, in its log, in /metrics and in /docs', async () => {
  await using folder = await begunFolder()
  await using app = await startBelfry({ folder: folder.path })
  const text = async (path: string) => (await fetch(`${app.url}${path}`)).text()
  expect(JSON.parse(await text('/ready')).version).toBe(version)
  expect(JSON.parse(await text('/docs/json')).info.version).toBe(version)
  expect(await text('/metrics')).toContain(`belfry_build_info{version="${version}"} 1\n`)
  expect(app.lines.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ msg: 'started', version }))
})
