import type { Health } from "$lib/api";
import { formatCount, formatDay, formatDuration } from "$lib/format";
import { m } from "$lib/messages";
import { topologyWord } from "$lib/words";

export type Fact = { key: string; value: string; mono?: boolean };

/** Clocks that differ by more shift the times that several computers write. */
export const CLOCK_TOLERANCE_MILLISECONDS = 2_000;

/** The facts from opening the workspace, known without asking the server. */
export function knownFacts(server: Health["server"]): Fact[] {
  const facts: Fact[] = [
    { key: m.health_product(), value: `${server.product} ${server.version}` },
    { key: m.health_topology(), value: topologyWord(server.topology) },
    { key: m.health_address(), value: server.address, mono: true },
  ];
  if (server.topology === "file") return facts;
  return [
    ...facts,
    { key: m.health_database(), value: server.database, mono: true },
    {
      key: m.health_encryption(),
      value: server.encrypted ? m.health_encryption_on() : m.health_encryption_off(),
    },
  ];
}

/** The server's facts, row by row; a missing one gives the reason. */
export function serverFacts(health: Health): Fact[] {
  const { server } = health;
  if (server.topology === "file") {
    const user = { key: m.health_user(), value: m.health_user_file() };
    return [...knownFacts(server), user, organizations(health)];
  }
  return [
    ...knownFacts(server),
    {
      key: m.health_round_trip(),
      value:
        server.roundTripMilliseconds === null
          ? m.common_not_available()
          : formatDuration(server.roundTripMilliseconds),
    },
    { key: m.health_storage_engine(), value: health.storageEngine ?? untold(health, "storageEngine") },
    { key: m.health_connections(), value: connections(health) },
    { key: m.health_clock(), value: clockDifference(health) },
    {
      key: m.health_user(),
      value: health.databaseUser ?? m.health_user_none(),
      mono: health.databaseUser !== null,
    },
    organizations(health),
  ];
}

/** The warning about the server's version, or null. */
export function endOfLifeWarning({ endOfLife, server }: Health): string | null {
  if (endOfLife === null) return null;
  const facts = { product: server.product, series: endOfLife.series, date: formatDay(endOfLife.date) };
  if (endOfLife.ended) return m.health_end_of_life_over(facts);
  const soon = Date.parse(endOfLife.date) - Date.now() < 183 * 86_400_000;
  return soon ? m.health_end_of_life_soon(facts) : null;
}

export function clockWarning({ clockDifferenceMilliseconds: difference }: Health): string | null {
  if (difference === null || Math.abs(difference) <= CLOCK_TOLERANCE_MILLISECONDS) return null;
  return m.health_clock_warning({ duration: formatDuration(Math.abs(difference)) });
}

function organizations({ organizations: { total, exact } }: Health): Fact {
  const count = formatCount(total);
  return {
    key: m.health_organizations(),
    value: exact ? count : m.health_organizations_estimated({ count }),
  };
}

function connections({ connections: use, ...health }: Health): string {
  if (use === null) return untold(health, "connections");
  return m.health_connections_used({
    current: formatCount(use.current),
    all: formatCount(use.current + use.available),
  });
}

function clockDifference({ clockDifferenceMilliseconds: difference, ...health }: Health): string {
  if (difference === null) return untold(health, "clock");
  const duration = formatDuration(Math.abs(difference));
  if (Math.abs(difference) < 100) return m.health_clock_same();
  return difference > 0 ? m.health_clock_ahead({ duration }) : m.health_clock_behind({ duration });
}

/** The server refuses to tell this user, or has no such fact. */
function untold({ notAvailable }: Pick<Health, "notAvailable">, name: string): string {
  return notAvailable.includes(name) ? m.health_untold() : m.common_not_available();
}
