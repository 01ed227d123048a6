#include "rows.h"

namespace holdfast::sim {

using namespace model;

void Rows::prepare(ServiceId service, RunNumber run) {
  rows_[service.index] = {.run = run, .in_use = true, .pid = 0, .rungs_done = 0, .was_ready = false};
}

void Rows::note_exit(ServiceId service, bool leaf_is_empty) {
  rows_[service.index].pid = 0;
  if (leaf_is_empty) clear(service);
}

void Rows::note_empty(ServiceId service) {
  // The leaf is looked at when the exit is known.
  if (rows_[service.index].pid == 0) clear(service);
}

void Rows::clear(ServiceId service) {
  rows_[service.index].pid = 0;
  rows_[service.index].in_use = false;
}

void Rows::note_done(const Stack& stack, const Action& action) {
  if (const auto* signal = std::get_if<Signal>(&action))
    return note_rung(stack, signal->service, signal->run);
  if (const auto* program = std::get_if<RunStopProgram>(&action))
    return note_rung(stack, program->service, program->run);
  const auto* report = std::get_if<ReportPhase>(&action);
  if (report != nullptr && report->to == PhaseName::ready) rows_[report->service.index].was_ready = true;
}

void Rows::note_rung(const Stack& stack, ServiceId service, RunNumber run) {
  Row& row = rows_[service.index];
  const auto* stopping = std::get_if<Stopping>(&stack.service(service).phase);
  if (stopping != nullptr && row.in_use && row.run == run) row.rungs_done = stopping->rung + 1;
}

Row Rows::of(ServiceId service, RunNumber run) const {
  const Row& row = rows_[service.index];
  return row.in_use && row.run == run ? row : Row{};
}

void Rows::adopt(ServiceId service, RunNumber run, int pid) {
  Row& row = rows_[service.index];
  if (!row.in_use || row.run != run) prepare(service, run);
  row.pid = pid;
}

std::vector<RunNumber> Rows::last_runs() const {
  std::vector<RunNumber> runs;
  for (const Row& row : rows_)
    runs.push_back(row.run);
  return runs;
}

} // namespace holdfast::sim
