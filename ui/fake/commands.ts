import type { commands } from "../src/lib/bindings";

type Snake<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${Snake<Rest>}`
    : `_${Lowercase<First>}${Snake<Rest>}`
  : "";
type Data<Result> = Result extends { status: "ok"; data: infer Answer } ? Answer : never;
type Commands = typeof commands;

/** The answer of every command, under the command's name on the wire. */
export type Answers = {
  [Name in keyof Commands as Snake<Name>]: Data<Awaited<ReturnType<Commands[Name]>>>;
};

/** Some of the commands. Their answers have the types of the wire; arguments are those that a handler uses. */
export type Handlers = {
  [Command in keyof Answers]?: (args: never) => Answers[Command] | Promise<Answers[Command]>;
};
