import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { AnyPlugin } from '@belfry/core'
import { serverErrors } from '../errors.ts'

/** The address of a module of Belfry: of the `.ts`, or where there is none, of the `.js` that is built from it. */
export const builtOrNot = (source: URL): URL =>
  existsSync(source) ? source : new URL(source.href.replace(/\.ts$/, '.js'))

/** Loads the list of plugins that a module exports as its default, `.ts` or `.js`. */
export async function loadPlugins(plugins: URL | readonly AnyPlugin[]): Promise<readonly AnyPlugin[]> {
  if (!(plugins instanceof URL)) return plugins
  const url = builtOrNot(plugins)
  try {
    const loaded: { readonly default?: unknown } = await import(url.href)
    if (isList(loaded.default)) return loaded.default
  } catch (error) {
    throw serverErrors.PLUGINS_UNREADABLE(
      { file: fileURLToPath(url), why: error instanceof Error ? error.message : String(error) },
      { cause: error },
    )
  }
  throw serverErrors.PLUGINS_UNREADABLE({
    file: fileURLToPath(url),
    why: 'it exports no list of plugins as its default',
  })
}

/** What definePlugin makes; the host checks the rest of each, and reports all problems at once. */
const isList = (value: unknown): value is readonly AnyPlugin[] =>
  Array.isArray(value) &&
  value.every((one) => typeof one === 'object' && one !== null && 'id' in one && 'events' in one && 'on' in one)
