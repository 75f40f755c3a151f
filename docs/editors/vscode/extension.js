// Starts `mqk lsp` for the rule files of a workspace. Everything an editor shows is the server's answer.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function commandLine() {
  const settings = vscode.workspace.getConfiguration("mqkRules");
  return { command: settings.get("command"), args: ["lsp", "--stdio", ...settings.get("arguments")] };
}

async function start() {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const server = { ...commandLine(), options: { cwd: folder } };
  const documents = [
    { scheme: "file", language: "mqk-rules" },
    { scheme: "untitled", language: "mqk-rules" },
    { scheme: "file", language: "yaml", pattern: "**/scenarios/*.yaml" },
  ];
  client = new LanguageClient("mqkRules", "MiniQuantDesk rules", server, { documentSelector: documents });
  try {
    await client.start();
  } catch (refusal) {
    const said = `\`${server.command} lsp\` does not start; set mqkRules.command, and install miniquantdesk[editor] there`;
    vscode.window.showErrorMessage(`${said} (${refusal.message ?? refusal})`);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running?.isRunning()) await running.stop();
}

async function restart() {
  await stop();
  if (vscode.workspace.isTrusted) await start();
}

async function explain() {
  const code = await vscode.window.showInputBox({ prompt: "Code", placeHolder: "E305" });
  if (!code) return;
  const page = await vscode.commands.executeCommand("mqk.explain", code.trim().toUpperCase());
  if (!page) return vscode.window.showInformationMessage(`there is no code ${code}`);
  const shown = await vscode.workspace.openTextDocument({ language: "markdown", content: page });
  await vscode.window.showTextDocument(shown, { preview: true });
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("mqkRules.restart", restart),
    vscode.commands.registerCommand("mqkRules.explain", explain),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("mqkRules") && restart()),
  );
  if (vscode.workspace.isTrusted) await start();
}

module.exports = { activate, deactivate: stop };
