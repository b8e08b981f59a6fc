import {
  createDrillSchedule,
  deleteDrillSchedule,
  findDrillSchedule,
  listDrillSchedules,
  type PageRequest,
  type PlacedSchedule,
  updateDrillSchedule,
} from "@protector/client";
import { DRILL_NOTICES, type DrillRun, type UpdateDrillSchedule } from "@protector/contract";
import { type Command, Option } from "commander";
import { UsageError } from "../exit-codes.ts";
import { durationBetween } from "../global-options.ts";
import type { Column } from "../output/column.ts";
import { durationText } from "../output/duration.ts";
import { type Act, yields } from "./command.ts";
import { paged, pageOf } from "./paging.ts";
import { testDuration } from "./test-duration.ts";

const subject = ({ subject_name, protection_group_id }: PlacedSchedule) =>
  `${protection_group_id === null ? "plan" : "group"} ${subject_name ?? "(deleted)"}`;

function runText({ due_at, outcome, reason, operation_id, operation_status, notice, notice_error }: DrillRun): string {
  const facts = [
    `${due_at.replace(/\.\d+Z$/, "Z")}: ${operation_status ?? outcome}`,
    reason ?? "",
    operation_id === null ? "" : `operation ${operation_id}`,
    notice === "given_up" ? `nobody was told: ${notice_error}` : "",
  ];
  return facts.filter(Boolean).join(", ");
}

const LIST: readonly Column<PlacedSchedule>[] = [
  { name: "name" },
  { name: "subject", cell: subject },
  { name: "site" },
  { name: "cron" },
  { name: "time_zone" },
  { name: "is_enabled" },
  { name: "next_run", cell: ({ next_runs: [next = null] }) => next, isTime: true },
  { name: "last_run", cell: ({ runs: [last] }) => (last ? (last.operation_status ?? last.outcome) : null) },
];

const COLUMNS: readonly Column<PlacedSchedule>[] = [
  { name: "id" },
  ...LIST.slice(0, 6),
  { name: "window", cell: ({ window_seconds }) => durationText(window_seconds) },
  {
    name: "hold",
    cell: ({ hold_seconds }) => (hold_seconds === null ? "deleted when verified" : durationText(hold_seconds)),
  },
  { name: "notify_url" },
  { name: "notify_on" },
  { name: "waiting_reason" },
  { name: "next_runs", cell: ({ next_runs }) => next_runs.map((time) => time.replace(/\.\d+Z$/, "Z")).join("\n") },
  { name: "runs", cell: ({ runs }) => runs.map(runText).join("\n") },
  { name: "user_id" },
  { name: "created_at", isTime: true },
  { name: "updated_at", isTime: true },
];

interface ScheduleOptions {
  readonly cron?: string;
  readonly timeZone?: string;
  readonly window?: number;
  readonly hold?: number;
  readonly autoCleanup?: boolean;
  readonly notifyUrl?: string;
  readonly notifyOn?: (typeof DRILL_NOTICES)[number];
  readonly enable?: boolean;
  readonly disable?: boolean;
}

/** `protector drill-schedule …` */
export function addDrillScheduleCommands(program: Command, act: Act): void {
  const schedules = program.command("drill-schedule").description("test failovers that a site runs by itself");
  settable(yields(schedules.command("create"), "record", COLUMNS))
    .argument("<name>", "what people call it")
    .requiredOption("--cron <fields>", CRON)
    .option("--protection-group <group>", "test this group (name or id)")
    .option("--recovery-plan <plan>", "test the groups of this plan (name or id)")
    .option("--site <name>", "run it at this site; default: where the servers would be recovered")
    .description("test a protection group or a recovery plan again and again")
    .action((name: string, options: CreateOptions) =>
      act(async (context) => {
        const { protectionGroup: group, recoveryPlan: plan, cron } = options;
        if ((group === undefined) === (plan === undefined))
          throw new UsageError("Name what is tested: either --protection-group or --recovery-plan.");
        const site = options.site === undefined ? {} : { site: await context.siteNamed(options.site) };
        const what = { ...(group === undefined ? {} : { group }), ...(plan === undefined ? {} : { plan }), ...site };
        const wanted = { ...wish(options), name, cron };
        context.printer.record(await createDrillSchedule(context.sites, what, wanted), COLUMNS);
      }),
    );
  paged(yields(schedules.command("list"), "list", LIST))
    .description("list the drill schedules of both sites")
    .action((options: PageRequest) =>
      act(async (context) => {
        const { schedules: found, silent } = await listDrillSchedules(context.sites);
        for (const failure of silent) context.warn(`${failure.site} does not answer: its drill schedules are missing.`);
        context.printer.list(pageOf(found, options), LIST);
      }),
    );
  yields(schedules.command("show"), "record", COLUMNS)
    .argument("<schedule>", "name or id")
    .description("show a drill schedule with its next and its last drills")
    .action((ref: string) =>
      act(async (context) => context.printer.record((await findDrillSchedule(context.sites, ref)).schedule, COLUMNS)),
    );
  settable(yields(schedules.command("set").alias("update"), "record", COLUMNS))
    .argument("<schedule>", "name or id")
    .option("--cron <fields>", CRON)
    .option("--name <name>", "another name")
    .description("change, enable or disable a drill schedule")
    .action((ref: string, { name, ...options }: ScheduleOptions & { readonly name?: string }) =>
      act(async (context) => {
        const changes = { ...wish(options), ...(name === undefined ? {} : { name }) };
        if (Object.keys(changes).length === 0) throw new UsageError("Name what is to be changed.");
        context.printer.record(await updateDrillSchedule(context.sites, ref, changes), COLUMNS);
      }),
    );
  schedules
    .command("delete")
    .argument("<schedule>", "name or id")
    .description("delete a drill schedule; a drill that is under way goes on")
    .action((ref: string) =>
      act(async (context) => {
        const { name, site } = await deleteDrillSchedule(context.sites, ref);
        context.note(`Drill schedule "${name}" of ${site} is deleted.`);
      }),
    );
}

interface CreateOptions extends ScheduleOptions {
  readonly cron: string;
  readonly protectionGroup?: string;
  readonly recoveryPlan?: string;
  readonly site?: string;
}

const CRON = 'minute hour day-of-month month day-of-week, e.g. "0 3 1 * *"';

function settable(command: Command): Command {
  return command
    .option("--time-zone <name>", "of the times, e.g. Europe/Berlin; default UTC")
    .option("--window <duration>", "not begun later than this after its time; default 1h", window)
    .option("--hold <duration>", "the copies stand so long: 90m, 4h, 2d; default: deleted when verified", testDuration)
    .option("--auto-cleanup", "delete the copies as soon as they have been verified")
    .option("--notify-url <url>", "post how each drill ended to this https URL, signed")
    .addOption(new Option("--notify-on <which>", "which drills are told of; default all").choices(DRILL_NOTICES))
    .addOption(new Option("--enable", "run it").conflicts("disable"))
    .option("--disable", "do not run it until it is enabled");
}

const window = durationBetween({ least: 60, most: 86_400 });

function wish(options: ScheduleOptions): UpdateDrillSchedule {
  const { cron, timeZone, window: seconds, hold, autoCleanup, notifyUrl, notifyOn, enable, disable } = options;
  if (hold !== undefined && autoCleanup) throw new UsageError("Only one of --hold and --auto-cleanup.");
  return {
    ...(cron === undefined ? {} : { cron }),
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
    ...(seconds === undefined ? {} : { window_seconds: seconds }),
    ...(hold === undefined ? {} : { hold_seconds: hold }),
    ...(autoCleanup ? { hold_seconds: null } : {}),
    ...(notifyUrl === undefined ? {} : { notify_url: notifyUrl }),
    ...(notifyOn === undefined ? {} : { notify_on: notifyOn }),
    ...(enable ? { is_enabled: true } : disable ? { is_enabled: false } : {}),
  };
}
