import { execFile, spawn } from 'node:child_process'
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../start-belfry.ts'
import { copyContext, execForm, type Instruction, readDockerfile, root } from './read-dockerfile.ts'

/*
 * What the commands of the Dockerfile do, tried in folders, without an engine that builds images.
 */

const [build = [], image = []] = readDockerfile(join(root, 'apps/server/Dockerfile'))
const of = (stage: readonly Instruction[], name: string) =>
  stage.filter((one) => one.name === name).map(({ rest }) => rest)
const run = promisify(execFile)

describe('the Dockerfile', () => {
  it('builds a folder without dev dependencies that starts, is found alive, and ends at SIGTERM', {
    timeout: 240_000,
  }, async () => {
    await using folder = await temporaryFolder()
    const inside = (path: string) => join(folder.path, path)
    for (const path of ['fetch', 'build', 'belfry']) mkdirSync(inside(path))
    for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml'])
      copyFileSync(join(root, name), inside(join('fetch', name)))
    copyContext(inside('build'))
    let cwd = folder.path
    for (const { name, rest } of build) {
      if (name === 'WORKDIR') cwd = inside(rest)
      if (name !== 'RUN') continue
      // What hangs keeps npx from everybody else.
      const [program = '', ...words] = rest.replace(' /app', ` ${inside('app')}`).split(' ')
      await run(program, words, { cwd, env: { ...process.env, CI: 'true' }, timeout: 120_000 })
    }

    const packages = globSync('app/node_modules/.pnpm/*', { cwd: folder.path })
    expect(packages.length).toBeGreaterThan(50)
    expect(packages.filter((one) => /\/(vitest|typescript|@types\+|turbo|fast-check|@belfry\+test)/.test(one))).toEqual(
      [],
    )
    expect(globSync('app/**/@belfry/*/src/**/*.ts', { cwd: folder.path })).toEqual([])
    expect(existsSync(inside('app/dist/intake/threads/worker.js'))).toBe(true)

    const [, ...words] = execForm(of(image, 'ENTRYPOINT')[0] ?? '').map((word) => word.replace(/^\/app/, inside('app')))
    const env = Object.fromEntries(of(image, 'ENV').map((one) => one.split('=')))
    const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'apps/server/package.json'), 'utf8'))
    expect((await run(process.execPath, [...words, '--version'], { cwd: inside('belfry'), env })).stdout).toBe(
      `${version}\n`,
    )

    const child = spawn(process.execPath, words, {
      cwd: inside('belfry'),
      env: {
        ...env,
        NOTIFICATION_SERVICE__HTTP__PORT: '0',
        NOTIFICATION_SERVICE__AUTH__SECRET: 'a secret of at least 32 characters',
      },
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    let out = ''
    child.stdout.on('data', (text) => (out += text))
    await expect.poll(() => out, { timeout: 60_000 }).toContain('Belfry is ready')
    const port = /Belfry is ready at \S+:(\d+)\./.exec(out)?.[1]
    const [, , script = ''] = execForm(of(image, 'HEALTHCHECK')[0]?.replace(/.*?CMD /, '') ?? '')
    const isAlive = () =>
      run(process.execPath, ['-e', script], { env: { NOTIFICATION_SERVICE__HTTP__PORT: port } }).then(
        () => true,
        () => false,
      )
    expect(await isAlive()).toBe(true)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(await isAlive()).toBe(false)
  })
})
