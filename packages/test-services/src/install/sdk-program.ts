import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheHome } from './cache-home.ts'
import { downloadJars } from './download-jars.ts'
import { findOnPath } from './find-on-path.ts'
import { inNewFolder } from './in-new-folder.ts'

/** A program in another language, with the command that runs it. */
export interface SdkProgram {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Languages other than JavaScript in which the tests send events with the SDK of CloudEvents. */
export type SdkLanguage = keyof typeof languages

interface Language {
  /** The programs that must be on the PATH. */
  readonly needs: readonly string[]
  /** Files of the program's folder that determine what is installed. */
  readonly files: readonly string[]
  /** Fills the folder `into` with what the program of `folder` needs. */
  install(folder: string, into: string): void
  /** The command that runs the program, with what was installed. */
  run(folder: string, installed: string): SdkProgram
}

const run = (command: string, args: readonly string[], cwd: string) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })

const languages = {
  python: {
    needs: ['python3'],
    files: ['requirements.txt'],
    install(folder, into) {
      inNewFolder(into, (draft) => {
        // Each file has a digest in the requirements. Wheels are only unpacked: nothing of them runs.
        const checked = ['--require-hashes', '--no-deps', '--only-binary=:all:', '-r', 'requirements.txt']
        run(
          'python3',
          ['-m', 'pip', 'install', '-q', '--root-user-action=ignore', '--target', draft, ...checked],
          folder,
        )
      })
    },
    run: (folder, installed) => ({
      command: 'python3',
      args: [join(folder, 'send.py')],
      env: { PYTHONPATH: installed },
    }),
  },
  java: {
    needs: ['java', 'javac'],
    files: ['pom.xml', 'jars.sha256'],
    install(folder, into) {
      const read = (file: string) => readFileSync(join(folder, file), 'utf8')
      downloadJars({ into, pom: read('pom.xml'), digest: read('jars.sha256').trim() })
    },
    run: (folder, installed) => ({
      command: 'java',
      args: ['-XX:TieredStopAtLevel=1', '-cp', join(installed, '*'), join(folder, 'Send.java')],
      env: {},
    }),
  },
  go: {
    needs: ['go'],
    files: ['go.mod', 'go.sum', 'main.go'],
    install(folder, into) {
      // Go checks each module against go.sum.
      inNewFolder(into, (draft) => run('go', ['build', '-o', join(draft, 'send'), '.'], folder))
    },
    run: (_folder, installed) => ({ command: join(installed, 'send'), args: [], env: {} }),
  },
} as const satisfies Readonly<Record<string, Language>>

/** The names of all `SdkLanguage`s. */
export const sdkLanguages: readonly SdkLanguage[] = ['python', 'java', 'go']

/** Returns the program of a language, or undefined if the language is not there, or what `installSdk` downloads is not. */
export function findSdk(language: SdkLanguage, folder: string): SdkProgram | undefined {
  const { needs, run }: Language = languages[language]
  const installed = folderOf(language, folder)
  const isThere = existsSync(installed) && needs.every((program) => findOnPath(program) !== undefined)
  return isThere ? run(folder, installed) : undefined
}

/** Downloads what the program of a language needs, unless it is there. Returns where it is, or undefined if the language is not there. */
export function installSdk(language: SdkLanguage, folder: string): string | undefined {
  const { needs, install }: Language = languages[language]
  if (needs.some((program) => findOnPath(program) === undefined)) return undefined
  const installed = folderOf(language, folder)
  if (!existsSync(installed)) install(folder, installed)
  return installed
}

/** Other versions of the files have another folder. */
function folderOf(language: SdkLanguage, folder: string): string {
  const { files }: Language = languages[language]
  const digest = createHash('sha256')
  for (const file of files) digest.update(readFileSync(join(folder, file)))
  return join(cacheHome(), `cloudevents-${language}-${digest.digest('hex').slice(0, 16)}`)
}
