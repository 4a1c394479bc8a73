import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The messages about accounts, in German. */
export const german = defineTranslation(messages, {
  welcome: {
    title: 'Willkommen, {name}',
    body: 'Ihr Konto ist eingerichtet. Was Ihre Buchungen betrifft, erfahren Sie hier. Öffnen Sie Ihr Konto, um Sprache und Zeitzone einzustellen.',
  },
  changed: {
    title: 'Ihr Konto wurde geändert',
    body: '{email, select, yes {Ihre E-Mail-Adresse war {wasEmail} und ist jetzt {newEmail}. } other {}}{added, select, none {} other {Sie haben jetzt die Rolle {added}. }}{removed, select, none {} other {Sie haben nicht mehr die Rolle {removed}. }}Wenn Sie das nicht erwartet haben, wenden Sie sich sofort an die Administration.',
  },
})
