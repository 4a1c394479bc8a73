import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { ServerProcess } from './server-process.ts'

/** A real nginx, as a proxy to a server on this machine. */
export interface Nginx {
  readonly url: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Returns the path of nginx, or undefined if it is not installed. Debian installs it outside the PATH of users. */
export const findNginx = (): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, 'nginx'))
    .find((path) => existsSync(path))

/** Starts an nginx whose only directive is `proxy_pass` to this address, so that it sends the address as the Host. */
export async function startNginx(target: string): Promise<Nginx> {
  const program = findNginx()
  if (program === undefined) throw new Error('nginx was not found: install it (apt-get install nginx-light)')
  const folder = mkdtempSync(join(tmpdir(), 'belfry-nginx-'))
  const port = await freePort()
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(' ')
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr;
events {}
http {
  access_log off; ${places}
  server { listen 127.0.0.1:${port}; location / { proxy_pass ${target}; } }
}
`,
  )
  const nginx = new ServerProcess()
  nginx.start([program, ['-p', folder, '-c', join(folder, 'nginx.conf')]], '/')
  const url = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(url).then(
      () => true,
      () => false,
    )
  while (!(await answers())) {
    if (!nginx.isRunning) throw new Error(`nginx did not start:\n${nginx.output}`)
    await pass(20)
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      await nginx.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
