#include "stack/outsider.h"

#include <csignal>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace holdfast::test {
namespace {

Sight sight_of(const std::string& line) {
  const auto object = nlohmann::json::parse(line);
  return {.at = object.at("at").get<double>(),
          .took = object.at("took").get<double>(),
          .what = object.at("what").get<std::string>(),
          .status = object.value("status", 0),
          .retry = object.value("retry", false),
          .error = object.value("error", "")};
}

std::string answer_of(const Sight& sight) {
  return sight.status != 0 ? std::to_string(sight.status) : sight.error;
}

/// The number of a draft says nothing here.
std::string kind_of(const Sight& sight) {
  std::string kind = sight.what;
  if (kind.starts_with("DELETE")) return "DELETE draft";
  return kind;
}

bool is_allowed(const Sight& sight, bool refused) {
  if (sight.status == 503) return sight.retry;
  if (sight.status != 0) return sight.status < 500;
  return refused && sight.error == "refused";
}

Words words_of(const Outsider::Options& options) {
  Words words{HOLDFAST_SOURCE_DIR "/tests/stack/outsider", "--site", options.site, "--ca", options.ca};
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

Outsider::Outsider(const Options& options, const std::string& output)
    : output_(output), file_(open_output(output)),
      program_(std::make_unique<Child>(words_of(options), file_.get())) {}

std::vector<Sight> Outsider::finish() {
  program_->send(SIGTERM);
  if (program_->wait(60s) != 0) throw std::runtime_error("the outsider failed: " + contents(output_));
  return so_far();
}

std::vector<Sight> Outsider::so_far() const {
  std::vector<Sight> sights;
  std::istringstream lines(contents(output_));
  // A line without its end is still being written.
  for (std::string line; std::getline(lines, line) && !lines.eof();)
    sights.push_back(sight_of(line));
  return sights;
}

std::string not_allowed(const std::vector<Sight>& sights, double from, bool refused) {
  std::ostringstream bad;
  for (const Sight& sight : sights)
    if (sight.at >= from && !is_allowed(sight, refused))
      bad << "after " << sight.at - from << " s: " << sight.what << " " << answer_of(sight) << " ("
          << sight.took << " s)\n";
  return bad.str();
}

std::string summary(const std::vector<Sight>& sights) {
  std::map<std::string, std::map<std::string, int>> counts;
  for (const Sight& sight : sights)
    ++counts[kind_of(sight)][answer_of(sight)];
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
