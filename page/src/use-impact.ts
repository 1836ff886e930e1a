import { useSurroundings } from './context.js';
import type { PlanImpact } from './records.js';
import { useLoad, type Loaded } from './use-load.js';

/** What would be lost under a plan, by the router's own count; nothing is changed. */
export function useImpact(body: { plan: string | null; ownerId?: string }): Loaded<PlanImpact> {
  const { client } = useSurroundings();
  return useLoad(JSON.stringify(body), async (signal) => {
    const answer = await client.send<PlanImpact>('POST', '/plan-impact', { body, signal });
    return answer.body;
  });
}
