import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The messages about accounts, in German. */
export const german = defineTranslation(messages, {
  welcome: {
    title: 'Willkommen, {name}',
    body: 'Ihr Konto ist eingerichtet. Hier erhalten Sie Mitteilungen zu Ihren Buchungen. Öffnen Sie Ihr Konto, um Sprache und Zeitzone zu prüfen.',
  },
  changed: {
    title: 'Ihr Konto wurde geändert',
    body: '{email, select, yes {Ihre E-Mail-Adresse wurde von {wasEmail} in {newEmail} geändert. } other {}}{addedCount, plural, =0 {} one {Sie haben jetzt die Rolle {added, list}. } other {Sie haben jetzt die Rollen {added, list}. }}{removedCount, plural, =0 {} one {Sie haben die Rolle {removed, list} nicht mehr. } other {Sie haben die Rollen {removed, list} nicht mehr. }}Wenn Sie das nicht erwartet haben, wenden Sie sich sofort an die Administration.',
  },
})
