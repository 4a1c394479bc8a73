import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { execForm, type Instruction, isIgnored, readDockerfile, root } from './read-dockerfile.ts'

/*
 * What of the image can be tried without an engine that builds images: what is written. What its commands do: image.long.test.ts.
 */

const [build = [], image = [], ...more] = readDockerfile(join(root, 'apps/server/Dockerfile'))
const of = (stage: readonly Instruction[], name: string) =>
  stage.filter((one) => one.name === name).map(({ rest }) => rest)

describe('the Dockerfile', () => {
  it('builds and runs on the Node that everything is tested with', () => {
    const version = /nodeVersion: (\S+)/.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))?.[1]
    expect([...of(build, 'FROM'), ...of(image, 'FROM')]).toEqual([
      `node:${version}-slim AS build`,
      `node:${version}-slim`,
    ])
    expect(more).toEqual([])
  })

  it('and the checks of a change are installed by the very pnpm that everything is tested with', () => {
    const { packageManager }: { packageManager: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+$/)
    for (const file of ['apps/server/Dockerfile', '.ci/run']) {
      const named = readFileSync(join(root, file), 'utf8').match(/(?<=npx --yes )\S+/g)
      expect([file, ...new Set(named)]).toEqual([file, packageManager])
    }
  })

  it('runs as a user who is not root, and who may write where the embedded default keeps its data', () => {
    const [user = ''] = of(image, 'USER')
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(of(image, 'RUN')).toEqual([`chown ${user} ${of(image, 'WORKDIR')[0]}`])
    expect(image.findLastIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      image.findLastIndex(({ name }) => name === 'RUN'),
    )
  })

  it('lets signals and arguments reach node', () => {
    expect(execForm(of(image, 'ENTRYPOINT')[0] ?? '')[0]).toBe('node')
    expect(of(image, 'CMD')).toEqual([])
    expect(of(image, 'STOPSIGNAL')).toEqual(['SIGTERM'])
  })

  it('copies what is there, and only what was built', () => {
    const [lists = '', all] = of(build, 'COPY')
    for (const path of lists.split(' ').slice(0, -1)) expect([path, existsSync(join(root, path))]).toEqual([path, true])
    expect(all).toBe('. .')
    expect(of(image, 'COPY')).toEqual(['--from=build /app /app'])
  })

  it('is given neither secrets nor data, nor what was built elsewhere', () => {
    const left = ['.git/config', 'Config.toml', 'apps/server/Config.toml', '.env', '.belfry/secret', 'docs/protocol.md']
    const built = [
      'node_modules/x',
      'apps/server/node_modules/x',
      'packages/core/dist/index.js',
      'apps/server/test/x.ts',
    ]
    const own = ['apps/server/.env', 'apps/server/.belfry/secret']
    expect([...left, ...built, ...own].filter((path) => !isIgnored(path))).toEqual([])
    const needed = ['pnpm-lock.yaml', 'tsconfig.base.json', 'apps/server/src/main.ts', 'packages/core/package.json']
    expect(needed.filter(isIgnored)).toEqual([])
  })
})
