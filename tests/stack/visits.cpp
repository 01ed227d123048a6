#include "stack/visits.h"

#include <csignal>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace holdfast::test {
namespace {

Visit visit_of(const std::string& line) {
  const auto object = nlohmann::json::parse(line);
  return {.at = object.at("at").get<double>(),
          .took = object.at("took").get<double>(),
          .what = object.at("what").get<std::string>(),
          .status = object.value("status", 0),
          .retry = object.value("retry", false),
          .error = object.value("error", "")};
}

std::string answer_of(const Visit& visit) {
  return visit.status != 0 ? std::to_string(visit.status) : visit.error;
}

/// The number of a draft says nothing here.
std::string kind_of(const Visit& visit) {
  std::string kind = visit.what;
  if (kind.starts_with("DELETE")) return "DELETE draft";
  return kind;
}

bool is_allowed(const Visit& visit, bool refused) {
  if (visit.status == 503) return visit.retry;
  if (visit.status != 0) return visit.status < 500;
  return refused && visit.error == "refused";
}

Words words_of(const Visitor::Options& options) {
  Words words{HOLDFAST_SOURCE_DIR "/tests/stack/visitor", "--site", options.site, "--ca", options.ca};
  if (!options.token_file.empty()) words.insert(words.end(), {"--token", options.token_file});
  words.insert(words.end(), options.paths.begin(), options.paths.end());
  return words;
}

} // namespace

double monotonic_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Visitor::Visitor(const Options& options, const std::string& output)
    : output_(output), file_(open_output(output)),
      program_(std::make_unique<Child>(words_of(options), file_.get())) {}

std::vector<Visit> Visitor::finish() {
  program_->send(SIGTERM);
  if (program_->wait(60s) != 0) throw std::runtime_error("the visitor failed: " + contents(output_));
  return so_far();
}

std::vector<Visit> Visitor::so_far() const {
  std::vector<Visit> visits;
  std::istringstream lines(contents(output_));
  // A line without its end is still being written.
  for (std::string line; std::getline(lines, line) && !lines.eof();)
    visits.push_back(visit_of(line));
  return visits;
}

std::string not_allowed(const std::vector<Visit>& visits, double from, bool refused) {
  std::ostringstream bad;
  for (const Visit& visit : visits)
    if (visit.at >= from && !is_allowed(visit, refused))
      bad << "after " << visit.at - from << " s: " << visit.what << " " << answer_of(visit) << " ("
          << visit.took << " s)\n";
  return bad.str();
}

std::string summary(const std::vector<Visit>& visits) {
  std::map<std::string, std::map<std::string, int>> counts;
  for (const Visit& visit : visits)
    ++counts[kind_of(visit)][answer_of(visit)];
  std::ostringstream text;
  for (const auto& [kind, answers] : counts) {
    text << "  " << kind;
    for (const auto& [answer, count] : answers)
      text << "  " << answer << " x " << count;
    text << "\n";
  }
  return text.str();
}

} // namespace holdfast::test
