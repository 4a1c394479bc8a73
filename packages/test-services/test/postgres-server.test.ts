import { Client } from 'pg'
import { expect, it } from 'vitest'
import { createProxy, findPrograms, isMissing, startPostgres } from '../src/index.ts'

const ask = async (url: string, statement: string) => {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return (await client.query(statement).finally(() => client.end())).rows
}

it.skipIf(isMissing(findPrograms()))(
  'keeps what was committed when it is stopped hard or killed, and answers again once it has started',
  async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('a')
    await ask(url, 'create table t (n int)')
    await server.stop()
    await expect(ask(url, 'select 1')).rejects.toThrow('ECONNREFUSED')
    await server.start()
    await ask(url, 'insert into t values (1)')
    await server.kill()
    await server.start(['max_connections=7'])
    expect(await ask(url, `select n, current_setting('max_connections') as most from t`)).toEqual([{ n: 1, most: '7' }])
  },
)

it.skipIf(isMissing(findPrograms()))('is cut off by a proxy before a statement, or after it', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase('a')
  await ask(url, 'create table t (n int)')
  const proxy = await createProxy(server.port)
  const through = url.replace(String(server.port), String(proxy.port))
  for (const [n, verdict] of [
    [1, 'cut'],
    [2, 'pass-then-cut'],
  ] as const) {
    proxy.onSend = (bytes) => (bytes.includes('insert') ? verdict : 'pass')
    await expect(ask(through, `insert into t values (${n})`)).rejects.toThrow('terminated')
  }
  await expect.poll(() => ask(url, 'select n from t')).toEqual([{ n: 2 }])
  await proxy.close()
})
