import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BelfryError } from '@belfry/contracts/errors'
import { describe, expect, it } from 'vitest'
import { milliseconds } from '../../src/config/duration.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { kafkaWarningsOf } from '../../src/engines/kafka-options.ts'
import { postgresWarningsOf } from '../../src/engines/postgres-options.ts'
import { temporaryFolder } from '../start-belfry.ts'

/** Loads this TOML with this environment; answers the configuration, or the lines of what is wrong with it. */
async function load(toml: string, env: NodeJS.ProcessEnv = {}) {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'Config.toml')
  await writeFile(file, toml)
  try {
    return { config: await loadConfig(['node', 'belfry', '--config', file], env), lines: [] }
  } catch (error) {
    if (!(error instanceof BelfryError)) throw error
    return { config: undefined, lines: error.sentence.replaceAll(folder.path, '').split('\n') }
  }
}

describe('the configuration', () => {
  it('is the embedded default where nothing is configured', async () => {
    expect((await load('')).config).toEqual({
      log_level: 'info',
      notify_max_age: '24h',
      link_schemes: [],
      embedded: { folder: '.belfry' },
      http: { host: '127.0.0.1', port: 8080, allowed_origins: [], max_connections: 20_000 },
      limits: { marks_per_second: 50, reads_per_second: 50, sockets_per_second: 50, failed_tokens_per_minute: 1_000 },
      retention: { read_days: 30, days: 90, identity_days: 7 },
      plugins: {},
    })
  })

  it('reports every mistake at once, a line each, with what was found, what was expected and what was meant', async () => {
    const { lines } = await load(`
      [notification_service]
      topcis = ["booking"]
      log_level = "inof"
      notify_max_age = "a day"
      [notification_service.http]
      port = "8080"
      alowed_origins = []
      [notification_service.retention]
      days = 0
      [somewhere_else]
      x = 1
    `)
    expect(lines).toEqual([
      'somewhere_else is unknown: every key stands below [notification_service]',
      'notification_service.log_level is "inof", expected trace, debug, info, warn, error or silent; did you mean info?',
      'notification_service.notify_max_age is "a day", expected a duration, such as 30s, 15m, 24h or 7d',
      'notification_service.http.port is "8080", expected a whole number from 0 to 65535',
      'notification_service.http.alowed_origins is unknown, did you mean allowed_origins?',
      'notification_service.retention.days is 0, expected a whole number from 1 to 36500',
      'notification_service.topcis is unknown, did you mean topics?',
      'notification_service.retention.read_days is 30, expected at most retention.days (0)',
    ])
  })

  it('takes origins of pages and apps, and reports each that is not one with the one that was meant', async () => {
    const origins = [
      'https://app.example.com',
      'HTTPS://App.Example.com:443',
      'http://localhost:5173',
      'http://[::1]:8080',
      'capacitor://localhost',
      'ionic://localhost',
      'tauri://localhost',
      'http://tauri.localhost',
      'app://-',
      'app://.',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    ]
    const table = (all: readonly string[]) => `[notification_service.http]\nallowed_origins = ${JSON.stringify(all)}`
    expect((await load(table(origins))).config?.http.allowed_origins).toEqual(origins)
    const expected = 'expected an origin, such as https://app.example.com or capacitor://localhost'
    const wrong = {
      'https://app.example.com/': `, ${expected}; did you mean https://app.example.com?`,
      'https://App.example.com/inbox?x=1': `, ${expected}; did you mean https://app.example.com?`,
      'capacitor://localhost/': `, ${expected}; did you mean capacitor://localhost?`,
      'wss://app.example.com': `, ${expected}; did you mean https://app.example.com?`,
      'app.example.com': `, ${expected}; did you mean https://app.example.com?`,
      ' https://app.example.com': `, ${expected}; did you mean https://app.example.com?`,
      localhost: `, ${expected}`,
      null: `, which every sandboxed page sends, ${expected}`,
      '*': `, but each origin must be named, ${expected}`,
      'https://*.example.com': `, but each origin must be named, ${expected}`,
      'file://': `, which any file of a machine sends, ${expected}`,
      'https://user@app.example.com': `, ${expected}`,
      'https://app.example.com:99999': `, ${expected}`,
    }
    const named = Object.keys(wrong)
    const { lines } = await load(table(named))
    expect(lines).toEqual(
      Object.entries(wrong).map(
        ([origin, rest], index) => `notification_service.http.allowed_origins.${index} is "${origin}"${rest}`,
      ),
    )
  })

  it('takes the environment over the file: lists by commas, numbers and switches read, plugins too', async () => {
    const { config } = await load('[notification_service.http]\nport = 1', {
      NOTIFICATION_SERVICE__HTTP__PORT: '9090',
      NOTIFICATION_SERVICE__TOPICS: 'booking, user',
      NOTIFICATION_SERVICE__PLUGINS__CONFLICT__ENABLED: 'false',
      NOTIFICATION_SERVICE__PLUGINS__CONFLICT__LIMIT: '5',
      UNRELATED: 'x',
    })
    expect(config).toMatchObject({
      http: { port: 9090 },
      topics: ['booking', 'user'],
      plugins: { conflict: { enabled: false, limit: 5 } },
    })
  })

  it('names the variable that a mistake came from', async () => {
    const { lines } = await load('', {
      NOTIFICATION_SERVICE__HTTP__PORT: 'many',
      NOTIFICATION_SERVICE__HTTP__HOTS: 'x',
    })
    expect(lines).toEqual([
      'notification_service.http.port is "many", expected a whole number from 0 to 65535 (from NOTIFICATION_SERVICE__HTTP__PORT)',
      'notification_service.http.hots is unknown, did you mean host? (from NOTIFICATION_SERVICE__HTTP__HOTS)',
    ])
  })

  it('requires that a repeat is recognised for as long as an event may notify', async () => {
    const months = 'notify_max_age = "30d"\n[notification_service.retention]\nidentity_days ='
    expect((await load(`[notification_service]\n${months} 29`)).lines).toEqual([
      'notification_service.notify_max_age is "30d", expected at most retention.identity_days (29): an event that is sent again later would notify again',
    ])
    expect((await load(`[notification_service]\n${months} 30`)).lines).toEqual([])
  })

  it.each(['0s', '1ms', '24d', '99999999d'])('refuses a statement_timeout of %s', async (timeout) => {
    const section = `[notification_service.postgres]\nurl = "postgres://x@h/d"\nstatement_timeout = "${timeout}"`
    expect((await load(section)).lines).toContain(
      `notification_service.postgres.statement_timeout is "${timeout}", expected from 1s to 1h`,
    )
  })

  it('never shows a secret', async () => {
    const { lines } = await load(
      `[notification_service.auth]\nsecrets = ["too-short-secret"]\n[notification_service.postgres]\nurl = "mysql://me:pa55word@host/db"`,
    )
    expect(lines.join('\n')).not.toMatch(/too-short-secret|pa55word/)
    expect(lines).toContain(
      'notification_service.auth.secrets.0 is not as it should be, expected a secret of at least 32 characters',
    )
  })

  it('refuses a secret of fewer than eight different characters, and never shows it', async () => {
    const lines = async (auth: string, env: NodeJS.ProcessEnv = {}) =>
      (await load(`[notification_service.auth]\n${auth}`, env)).lines
    const [weak, strong] = ['hunter2hunter2hunter2hunter2hunter2', '01234567012345670123456701234567']
    const refused = (key: string) =>
      `notification_service.auth.${key} is not as it should be, expected at least 8 different characters`
    expect(await lines(`secret = "${weak}"`)).toEqual([refused('secret')])
    expect(await lines(`secret = "${' '.repeat(40)}"`)).toContain(refused('secret'))
    expect(await lines(`secrets = ["${strong}", "${'x'.repeat(64)}"]`)).toEqual([refused('secrets.1')])
    expect(await lines('', { NOTIFICATION_SERVICE__AUTH__SECRET: weak })).toEqual([
      `${refused('secret')} (from NOTIFICATION_SERVICE__AUTH__SECRET)`,
    ])
    expect(await lines(`secrets = ["${strong}"]`)).toEqual([])
    // One that is too short is said to be so, once.
    expect(await lines('secret = "xxxxxxxx"')).toHaveLength(1)
  })

  it('refuses to let strangers in: without auth it listens on this machine alone', async () => {
    const lines = [
      'notification_service.auth is missing: without it only this machine may connect, but http.host is "0.0.0.0"',
    ]
    expect((await load('[notification_service.http]\nhost = "0.0.0.0"')).lines).toEqual(lines)
    expect(
      (
        await load(
          `[notification_service.http]\nhost = "0.0.0.0"\n[notification_service.auth]\nsecret = "a secret of at least 32 characters"`,
        )
      ).lines,
    ).toEqual([])
  })

  it('wants exactly one way to verify tokens', async () => {
    const secret = `"a secret of at least 32 characters"`
    expect((await load(`[notification_service.auth]\nissuer = "x"`)).lines).toEqual([
      'notification_service.auth has none, expected exactly one of secret, secrets, public_key_file and jwks_url',
    ])
    expect((await load(`[notification_service.auth]\nsecret = ${secret}\nsecrets = [${secret}]`)).lines).toEqual([
      'notification_service.auth has secret and secrets, expected exactly one of secret, secrets, public_key_file and jwks_url',
    ])
  })

  it('takes an address of keys only where it can be read and names no user, and never shows it', async () => {
    const lines = async (url: string) => (await load(`[notification_service.auth]\njwks_url = "${url}"`)).lines
    expect(await lines('https://login.example.com/.well-known/jwks.json')).toEqual([])
    expect(await lines('http://127.0.0.1:9/keys?tenant=1')).toEqual([])
    for (const url of ['https://me:pa55word@login.example.com/jwks', 'ftp://login.example.com/pa55word', 'pa55word'])
      expect(await lines(url)).toEqual([
        'notification_service.auth.jwks_url is not as it should be, expected an address without a user, such as https://login.example.com/.well-known/jwks.json',
      ])
    expect(await lines('https://[pa55word]/jwks')).toEqual([
      'notification_service.auth.jwks_url is not as it should be, expected an address that can be read',
    ])
  })

  it('requires limits above zero', async () => {
    expect((await load('[notification_service.limits]\nmarks_per_second = 0')).lines).toEqual([
      'notification_service.limits.marks_per_second is 0, expected a whole number from 1 to 1000000',
    ])
  })

  it('checks sections of engines fully', async () => {
    const { lines } = await load(`[notification_service.kafka]\nclient_id = " "\ngroup_id = ""\nworkers = 0`)
    expect(lines).toEqual([
      'notification_service.kafka.client_id is " ", expected a text of at most 255 characters that is not blank',
      'notification_service.kafka.group_id is "", expected a text of at most 255 characters that is not blank',
      'notification_service.kafka.workers is 0, expected a whole number from 1 to 64',
      'notification_service.auth is missing: without it only the embedded default runs, but there is a section kafka',
    ])
  })

  it('wants addresses of brokers with a port, and those of IPv6 in brackets', async () => {
    const secret = `[notification_service.auth]\nsecret = "a secret of at least 32 characters"`
    const lines = async (kafka: string) => (await load(`[notification_service.kafka]\n${kafka}\n${secret}`)).lines
    for (const address of [
      'a_b.example:1',
      '10.0.0.1:9092',
      '[::1]:65535',
      '[fe80::1%eth0]:9092',
      '[::ffff:1.2.3.4]:9',
    ])
      expect(await lines(`bootstrap_servers = ["localhost:9092", "${address}"]`)).toEqual([])
    for (const address of [
      '127.0.0.1',
      '::1:9092',
      '[::1]',
      'a:0',
      'a:65536',
      'a:9092,b:9092',
      'kafka://a:9092',
      ' a:1',
    ])
      expect(await lines(`bootstrap_servers = ["localhost:9092", "${address}"]`)).toEqual([
        `notification_service.kafka.bootstrap_servers.1 is "${address}", expected host:port, such as localhost:9092 or [::1]:9092`,
      ])
  })

  it('wants names of client and group that Kafka takes', async () => {
    const secret = `[notification_service.auth]\nsecret = "a secret of at least 32 characters"`
    const named = async (name: string) =>
      (await load(`[notification_service.kafka]\nclient_id = "${name}"\ngroup_id = "${name}"\n${secret}`)).lines
    expect(await named('n'.repeat(255))).toEqual([])
    expect(await named('n'.repeat(256))).toEqual([
      expect.stringMatching(/kafka.client_id is "n.*, expected a text of at most 255 characters that is not blank$/),
      expect.stringMatching(/kafka.group_id is "n.*, expected a text of at most 255 characters that is not blank$/),
    ])
  })

  it('warns of heartbeats that are too rare for their session, and refuses those that come after it', async () => {
    const warnings = async (kafka: string) => {
      const secret = `[notification_service.auth]\nsecret = "a secret of at least 32 characters"`
      const { config, lines } = await load(`[notification_service.kafka]\n${kafka}\n${secret}`)
      return config ? kafkaWarningsOf(config) : lines
    }
    expect(await warnings('session_timeout_ms = 30000\nheartbeat_interval_ms = 10000')).toEqual([])
    expect(await warnings('session_timeout_ms = 9000\nheartbeat_interval_ms = 3001')).toEqual([
      expect.stringContaining('heartbeat_interval_ms is 3001, more than a third of kafka.session_timeout_ms (9000)'),
    ])
    expect(await warnings('session_timeout_ms = 9000\nheartbeat_interval_ms = 9000')).toEqual([
      'notification_service.kafka.heartbeat_interval_ms is 9000, expected less than kafka.session_timeout_ms (9000)',
    ])
  })

  describe('where TLS is configured', () => {
    const auth = '[notification_service.auth]\nsecret = "a secret that is long enough to be taken"\n'
    const postgres = (url: string, tls: boolean, more = '') =>
      load(
        `${auth}[notification_service.postgres]\nurl = ${JSON.stringify(url)}\n${more}\n${tls ? '[notification_service.postgres.tls]\n' : ''}`,
      )
    const attacks = [
      ...[
        'sslmode=disable',
        'sslmode=no-verify',
        'sslmode=allow',
        'sslmode=prefer',
        'sslmode=require',
        'SSLMODE=disable',
      ],
      ...['ssl%6dode=disable', 'ss\tlmode=disable', 'ssl=0', 'ssl=false', 'ssl=no-verify', 'sslrootcert=/dev/null'],
      ...['sslcert=/x', 'sslkey=/x', 'uselibpqcompat=true&sslmode=require', 'sslmode=require&sslmode=disable'],
    ]

    it.each(attacks)('refuses an address that would change it: %s', async (attack) => {
      const address = `postgres://belfry:pa55word@db.example/belfry?application_name=x&${attack}`
      const { lines } = await postgres(address, true)
      expect(lines).toEqual([
        expect.stringMatching(
          /^notification_service\.postgres\.url has (ssl|uselibpqcompat)[a-z]*.*, expected an address without/,
        ),
      ])
      expect(lines.join()).not.toContain('pa55word')
      const more = `session_url = ${JSON.stringify(address)}`
      expect((await postgres('postgres://db.example/belfry', true, more)).lines).toEqual([
        expect.stringMatching(/^notification_service\.postgres\.session_url has /),
      ])
    })

    it('takes an address that leaves it alone', async () => {
      expect(
        (await postgres('postgres://db.example/d?application_name=ssl&sslnegotiation=direct', true)).lines,
      ).toEqual([])
    })

    it.each([
      ['postgres://db.example/d', ['names db.example, which is not this machine, and there is no postgres.tls']],
      ['postgres://localhost/d?host=db.example', ['names db.example, which is not this machine']],
      ['postgres://localhost@db.example/d?sslmode=disable', ['there is no postgres.tls']],
      ['postgres://db.example/d?sslmode=no-verify', ['its certificate is not verified']],
      ['postgres://db.example/d?sslmode=verify-full', []],
      ['postgres://localhost/d', []],
      ['postgres://127.0.0.1:5432/d', []],
      ['postgres://[::1]/d', []],
      ['postgres:///d?host=/var/run/postgresql', []],
      ['postgres://%2Fvar%2Frun%2Fpostgresql/d', []],
    ])('warns of a database elsewhere without it: %s', async (url, warnings) => {
      const { config } = await postgres(url, false)
      expect(config && postgresWarningsOf(config)).toEqual(warnings.map((one) => expect.stringContaining(one)))
    })

    it.each([
      ['bootstrap_servers = ["localhost:9092", "[::1]:9092"]', []],
      ['bootstrap_servers = ["localhost:9092", "k1.example:9092"]', ['k1.example:9092 are not on this machine']],
      ['bootstrap_servers = ["k1.example:9092"]\ntls = {}', []],
      [
        'bootstrap_servers = ["k1.example:9092"]\nsasl = { mechanism = "plain", username = "u", password = "p" }',
        ['are not on this machine', 'kafka.sasl is plain'],
      ],
      [
        'bootstrap_servers = ["k1.example:9092"]\nsasl = { mechanism = "plain", username = "u", password = "p" }\ntls = {}',
        [],
      ],
    ])('warns of brokers elsewhere without it, and of passwords in the clear: %s', async (kafka, warnings) => {
      const { config } = await load(`${auth}[notification_service.kafka]\n${kafka}`)
      expect(config && kafkaWarningsOf(config)).toEqual(warnings.map((one) => expect.stringContaining(one)))
    })
  })

  it('reports where TOML is broken, and why a file cannot be read', async () => {
    expect((await load('a = \n')).lines[0]).toMatch(
      /^\/Config\.toml cannot be read: line 1, column \d+: Invalid TOML document/,
    )
    await using folder = await temporaryFolder()
    const why = (file: string) =>
      loadConfig(['node', 'belfry', '--config', file], {}).catch((error: Error) => error.message)
    expect(await why(folder.path)).toBe(`CONFIG_UNREADABLE: ${folder.path} cannot be read: it is a folder`)
    expect(await why(join(folder.path, 'none.toml'))).toBe(
      `CONFIG_UNREADABLE: ${folder.path}/none.toml cannot be read: there is no such file`,
    )
  })

  it('reads durations', () => {
    expect(['30s', '1.5m', '24h', '7d', '250ms'].map(milliseconds)).toEqual([
      30_000, 90_000, 86_400_000, 604_800_000, 250,
    ])
  })
})
