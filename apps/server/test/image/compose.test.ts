import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load-config.ts'
import { root } from './read-dockerfile.ts'

interface Service {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly ports?: readonly string[]
  readonly environment: Readonly<Record<string, string | number>>
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}
interface Compose {
  readonly services: Readonly<Record<'kafka' | 'postgres' | 'belfry', Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const folder = join(root, 'apps/server')
const text = readFileSync(join(folder, 'compose.yaml'), 'utf8')
const { services, volumes }: Compose = parse(text)
const { kafka, postgres, belfry } = services
const secrets = { POSTGRES_PASSWORD: 'of the database', BELFRY_SECRET: 'a secret of at least 32 characters' }
/** As docker puts the environment in. */
const filled = ({ environment }: Service): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      String(value).replace(/\$\{(\w+):\?[^}]+\}/, (_, variable) => Reflect.get(secrets, variable)),
    ]),
  )

describe('compose.yaml', () => {
  it('configures Belfry', async () => {
    const config = await loadConfig(['node', 'belfry', '--config', '/dev/null'], filled(belfry))
    expect(config).toMatchObject({
      kafka: { bootstrap_servers: ['kafka:19092'], create_topics: true },
      postgres: { url: 'postgres://belfry@postgres:5432/belfry' },
      auth: { secret: secrets.BELFRY_SECRET },
    })
    expect(kafka.environment.KAFKA_ADVERTISED_LISTENERS).toContain(`//${config.kafka?.bootstrap_servers[0]},`)
    expect(filled(belfry).PGPASSWORD).toBe(filled(postgres).POSTGRES_PASSWORD)
  })

  it('is started by what docs/app-team.md says', () => {
    const page = readFileSync(join(root, 'docs/app-team.md'), 'utf8')
    const blocks = page.match(/^```sh\n[\s\S]*?^```$/gm) ?? []
    const command = blocks.find((block) => block.includes('docker compose')) ?? ''
    for (const [, variable] of text.matchAll(/\$\{(\w+):\?/g)) expect(command).toContain(`${variable}=`)
    expect(command).toContain('docker compose -f apps/server/compose.yaml up')
  })

  it('is reached from this machine alone, and names exact images', () => {
    const ports = Object.values(services).flatMap(({ ports: published = [] }) => published)
    expect(ports).toHaveLength(2)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    for (const { image } of [kafka, postgres]) expect(image).toMatch(/^[\w/]+:\d+\.\d+(\.\d+)?$/)
  })

  it('holds no secret, and says which one is missing', () => {
    const values = Object.values(services).flatMap(({ environment }) => Object.entries(environment))
    for (const [name, value] of values.filter(([one]) => /SECRET|PASSWORD/.test(one)))
      expect([name, value]).toEqual([name, expect.stringMatching(/^\$\{\w+:\?.+\}$/)])
  })

  it('keeps what is kept in volumes, and starts nothing before what it needs is healthy', () => {
    for (const one of [kafka, postgres]) {
      expect(one.healthcheck?.test[0]).toBe('CMD')
      expect(Object.keys(volumes)).toContain(one.volumes?.[0]?.split(':')[0])
    }
    expect(kafka.volumes?.[0]?.split(':')[1]).toBe(kafka.environment.KAFKA_LOG_DIRS)
    expect(Object.keys(belfry.depends_on ?? {})).toEqual(['kafka', 'postgres'])
    const { context = '', dockerfile = '' } = belfry.build ?? {}
    expect(existsSync(resolve(folder, context, dockerfile))).toBe(true)
    expect(resolve(folder, context)).toBe(resolve(root))
  })

  it.skipIf(spawnSync('docker', ['compose', 'version']).status !== 0)('is taken by docker compose', () => {
    const { status, stderr } = spawnSync(
      'docker',
      ['compose', '-f', join(folder, 'compose.yaml'), 'config', '--quiet'],
      {
        env: { ...process.env, ...secrets },
        encoding: 'utf8',
      },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
