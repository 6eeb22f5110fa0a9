import { Channel } from "@tauri-apps/api/core";
import { commands } from "../bindings";
import type {
  ActivityExportInput,
  ArchiveInput,
  BackUpInput,
  Depth,
  DoctorFinding,
  FindingsExportInput,
  ExportInput,
  ExportOperatorsInput,
  ExportPeopleInput,
  ImportRun,
  EraseInput,
  JobProgress,
  KeptFile,
  MendRequest,
  MoveInput,
  OrganizationQuery,
  RestoreBundleInput,
  SessionNews,
  VerifyInput,
} from "../bindings";
import { calling, callingInto } from "./calling";

/** A finding as it is after its mend, and a password that is shown once. */
export type MendedNow = {
  finding: DoctorFinding | null;
  oneTimePassword: string | null;
  /** What was dropped is there. */
  file?: KeptFile | null;
};

function progressChannel(onprogress: (progress: JobProgress) => void): Channel<JobProgress> {
  const channel = new Channel<JobProgress>();
  channel.onmessage = onprogress;
  return channel;
}

/**
 * The calls into one open workspace. They go there whatever the window shows when they are sent: an act on many rows
 * that continues after a switch stays in its workspace.
 */
export function workspaceApi(workspace: string) {
  const into = <Arguments extends unknown[], Data>(
    command: Parameters<typeof callingInto<Arguments, Data>>[1],
  ) => callingInto(workspace, command);
  const asking = <Arguments extends unknown[], Data>(
    command: Parameters<typeof callingInto<Arguments, Data>>[1],
  ) => callingInto(workspace, command, () => true);
  const loadSamples = into(commands.loadSampleOrganizations);
  const exportList = into(commands.exportOrganizations);
  const exportActivity = into(commands.exportActivity);
  const backUp = into(commands.backUp);
  const erase = into(commands.eraseOrganization);
  const verifyBundle = into(commands.verifyBundle);
  const restoreBundle = into(commands.restoreBundle);
  const moveOrganization = into(commands.moveOrganization);
  const archiveActivity = into(commands.archiveActivity);
  const exportOperators = into(commands.exportOperators);
  const exportPeople = into(commands.exportPeople);
  const runImport = asking(commands.runImport);
  const verifyRecord = asking(commands.verifyRecord);
  const watchSession = into(commands.watchSession);
  const exportFindings = into(commands.exportFindings);
  const getFinding = into(commands.getFinding);
  const mend = asking(commands.mendFinding);
  const runDoctor = asking(commands.runDoctor);
  const listOrganizations = asking(commands.listOrganizations);
  const countOrganizations = asking(commands.countOrganizations);

  return {
    /** The id of the workspace that the calls go to. */
    workspace,

    claimWorkspace: into(commands.claimWorkspace),
    workspaceHealth: callingInto(workspace, commands.workspaceHealth, ({ status }) => status === "up"),
    roleCommand: into(commands.roleCommand),
    checkLine: into(commands.checkLine),

    accessState: into(commands.accessState),
    unlockWorkspace: into(commands.unlockWorkspace),
    lockWorkspace: into(commands.lockWorkspace),
    decidePermits: into(commands.decidePermits),
    noteActivity: into(commands.noteActivity),

    listUnsettled: asking(commands.listUnsettled),
    decideUnsettled: asking(commands.decideUnsettled),

    loadSampleOrganizations: (job: string, onprogress: (progress: JobProgress) => void) =>
      loadSamples(progressChannel(onprogress), job),

    signIn: into(commands.signIn),
    signInWithNewPassword: into(commands.signInWithNewPassword),
    recover: into(commands.recover),
    renameOneself: asking(commands.renameOneself),
    changeOwnPassword: asking(commands.changeOwnPassword),
    renewRecoveryCode: asking(commands.renewRecoveryCode),
    saveRecoveryCode: into(commands.saveRecoveryCode),
    saveOneTimePasswords: into(commands.saveOneTimePasswords),
    signOut: into(commands.signOut),
    currentSession: into(commands.currentSession),
    copyToken: into(commands.copyToken),
    copyPassword: into(commands.copyPassword),

    listSessions: asking(commands.listSessions),
    endSessions: asking(commands.endSessions),
    renewSession: into(commands.renewSession),
    lockWindow: into(commands.lockWindow),
    unlockWindow: into(commands.unlockWindow),
    watchSession: (onnews: (news: SessionNews) => void) => {
      const news = new Channel<SessionNews>();
      news.onmessage = onnews;
      return watchSession(news);
    },
    listFailingSignIns: asking(commands.listFailingSignIns),
    clearFailingSignIns: asking(commands.clearFailingSignIns),
    workspaceSettings: into(commands.workspaceSettings),
    changeWorkspaceSettings: asking(commands.changeWorkspaceSettings),

    /** With a `job` they can be cancelled. */
    listOrganizations: (query: OrganizationQuery, job: string | null = null) => listOrganizations(query, job),
    countOrganizations: (search: string, job: string | null = null) => countOrganizations(search, job),
    getOrganization: asking(commands.getOrganization),
    checkOrganizationName: into(commands.checkOrganizationName),
    checkAdminEmail: into(commands.checkAdminEmail),
    createOrganization: asking(commands.createOrganization),
    updateOrganization: asking(commands.updateOrganization),
    previewRename: into(commands.previewRename),
    deactivateOrganization: asking(commands.deactivateOrganization),
    reactivateOrganization: asking(commands.reactivateOrganization),
    previewRemoval: asking(commands.previewRemoval),
    deleteOrganization: asking(commands.deleteOrganization),
    restoreOrganization: asking(commands.restoreOrganization),
    eraseOrganization: (input: EraseInput, onprogress: (progress: JobProgress) => void) =>
      erase(input, progressChannel(onprogress)),
    erasureCertificate: asking(commands.erasureCertificate),
    saveErasureCertificate: into(commands.saveErasureCertificate),
    listKeptLongEnough: asking(commands.listKeptLongEnough),
    deploymentRoom: asking(commands.deploymentRoom),

    listOperators: asking(commands.listOperators),
    countOperators: asking(commands.countOperators),
    getOperator: asking(commands.getOperator),
    addOperator: asking(commands.addOperator),
    changeOperatorRole: asking(commands.changeOperatorRole),
    deactivateOperator: asking(commands.deactivateOperator),
    reactivateOperator: asking(commands.reactivateOperator),
    removeOperator: asking(commands.removeOperator),
    setOperatorPassword: asking(commands.setOperatorPassword),
    exportOperators: (input: ExportOperatorsInput, onprogress: (progress: JobProgress) => void) =>
      exportOperators(input, progressChannel(onprogress)),

    listPeople: asking(commands.listPeople),
    countPeople: asking(commands.countPeople),
    getPerson: asking(commands.getPerson),
    addPerson: asking(commands.addPerson),
    changePersonRole: asking(commands.changePersonRole),
    deactivatePerson: asking(commands.deactivatePerson),
    reactivatePerson: asking(commands.reactivatePerson),
    removePerson: asking(commands.removePerson),
    setPersonPassword: asking(commands.setPersonPassword),
    exportPeople: (input: ExportPeopleInput, onprogress: (progress: JobProgress) => void) =>
      exportPeople(input, progressChannel(onprogress)),

    collectionStatistics: asking(commands.collectionStatistics),
    summarizeStatistics: into(commands.summarizeStatistics),

    chooseExportFile: into(commands.chooseExportFile),
    defaultExportFile: into(commands.defaultExportFile),
    exportOrganizations: (input: ExportInput, onprogress: (progress: JobProgress) => void) =>
      exportList(input, progressChannel(onprogress)),

    defaultBundleFolder: into(commands.defaultBundleFolder),
    chooseBundleFolder: into(commands.chooseBundleFolder),
    backUp: (input: BackUpInput, onprogress: (progress: JobProgress) => void) =>
      backUp(input, progressChannel(onprogress)),
    chooseBundle: into(commands.chooseBundle),
    readBundle: into(commands.readBundle),
    verifyBundle: (input: VerifyInput, onprogress: (progress: JobProgress) => void) =>
      verifyBundle(input, progressChannel(onprogress)),
    planRestore: asking(commands.planRestore),
    restoreBundle: (input: RestoreBundleInput, onprogress: (progress: JobProgress) => void) =>
      restoreBundle(input, progressChannel(onprogress)),
    // Two workspaces answer these: neither answer says which one was reached.
    planMove: into(commands.planMove),
    moveOrganization: (input: MoveInput, onprogress: (progress: JobProgress) => void) =>
      moveOrganization(input, progressChannel(onprogress)),
    previewMasking: asking(commands.previewMasking),
    listUnfinishedMoves: into(commands.listUnfinishedMoves),
    finishMove: into(commands.finishMove),
    takeBackMove: into(commands.takeBackMove),

    chooseOrganizationsFile: asking(commands.chooseOrganizationsFile),
    readOrganizationsFile: asking(commands.readOrganizationsFile),
    listImportRows: asking(commands.listImportRows),
    changeImport: asking(commands.changeImport),
    runImport: (input: ImportRun, onprogress: (progress: JobProgress) => void) =>
      runImport(input, progressChannel(onprogress)),
    saveFailedRows: asking(commands.saveFailedRows),
    closeImport: into(commands.closeImport),

    listActivity: asking(commands.listActivity),
    activityEntry: asking(commands.activityEntry),
    undoActivity: asking(commands.undoActivity),
    undoAct: asking(commands.undoAct),
    recordAnchor: into(commands.recordAnchor),
    verifyRecord: (job: string, onprogress: (progress: JobProgress) => void) =>
      verifyRecord(job, progressChannel(onprogress)),
    exportActivity: (input: ActivityExportInput, onprogress: (progress: JobProgress) => void) =>
      exportActivity(input, progressChannel(onprogress)),
    previewArchive: into(commands.previewArchive),
    archiveActivity: (input: ArchiveInput, onprogress: (progress: JobProgress) => void) =>
      archiveActivity(input, progressChannel(onprogress)),

    doctorSummary: into(commands.doctorSummary),
    runDoctor: (depth: Depth, job: string, onprogress: (progress: JobProgress) => void) =>
      runDoctor(depth, job, progressChannel(onprogress)),
    listFindings: into(commands.listFindings),
    exportFindings: (input: FindingsExportInput, onprogress: (progress: JobProgress) => void) =>
      exportFindings(input, progressChannel(onprogress)),
    compareFinding: into(commands.compareFinding),
    dryRunMend: into(commands.dryRunMend),
    mendFinding: async (
      request: MendRequest,
      job: string | null = null,
      onprogress: (progress: JobProgress) => void = () => undefined,
    ): Promise<MendedNow> => {
      const { oneTimePassword, file } = await mend(request, job, progressChannel(onprogress));
      return { finding: await getFinding(request.finding), oneTimePassword, file };
    },
    getTemplate: into(commands.getTemplate),
    changeTemplate: asking(commands.changeTemplate),
    getFinding,
    organizationDrift: into(commands.organizationDrift),

    // These three do not depend on the workspace; its screens need them with the rest.
    checkPassword: calling(commands.checkPassword),
    revealFile: calling(commands.revealFile),
    cancelJob: calling(commands.cancelJob),
  };
}

export type WorkspaceApi = ReturnType<typeof workspaceApi>;
