#include "observer/canary_image.h"
#include "observer/canary_probe.h"

#include "observer/http_peer.h"
#include "observer/look.h"
#include "observer/scripted_site.h"
#include "support/catch.h"
#include "support/ports.h"

#include <algorithm>
#include <zlib.h>

namespace holdfast::observer {
namespace {

using namespace std::chrono_literals;
using enum wire::ProbeVerdict;
using test::http_answer;
using test::look;
using test::ScriptedSite;
using wire::ProbeQuestion;

ProbeQuestion question_for(const ScriptedSite& site, std::chrono::milliseconds timeout = 20s) {
  return {.protocol = wire::ProbeProtocol::canary,
          .target = site.url(),
          .timeout = timeout,
          .secret = ScriptedSite::token};
}

std::size_t asked(const ScriptedSite& site, const std::string& request) {
  const auto all = site.requests();
  return static_cast<std::size_t>(std::count(all.begin(), all.end(), request));
}

TEST_CASE("the image is a PNG of seven by five", "[observer]") {
  const std::string png = canary_image();
  REQUIRE(png.starts_with("\x89PNG\r\n\x1a\n"));
  REQUIRE(png.substr(8, 21) == std::string("\0\0\0\x0dIHDR\0\0\0\x07\0\0\0\x05\x08\x02\0\0\0", 21));
  REQUIRE(png.ends_with(std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12)));
  const auto data = png.find("IDAT") + 4;
  std::string rows(5 * (1 + 7 * 3), '\0');
  uLongf size = rows.size();
  REQUIRE(::uncompress(reinterpret_cast<Bytef*>(rows.data()), &size,
                       reinterpret_cast<const Bytef*>(png.data() + data), png.size() - data) == Z_OK);
  REQUIRE(size == rows.size());
}

TEST_CASE("a canary makes a draft, sees it worked on and found, and removes it", "[observer]") {
  ScriptedSite site;
  site.mark_after(2);
  const Answer answer = look(begin_canary, question_for(site));
  REQUIRE(answer.verdict == succeeded);
  REQUIRE(answer.said.starts_with("draft, image, worker, search, deleted in "));
  REQUIRE(site.drafts().empty());
  const std::string draft = "/api/records/{id}/draft";
  REQUIRE(site.requests() ==
          std::vector<std::string>{"GET /api/user/records", "POST /api/records", "POST " + draft + "/files",
                                   "PUT " + draft + "/files/canary.png/content",
                                   "POST " + draft + "/files/canary.png/commit",
                                   "GET " + draft + "/files/canary.png", "GET " + draft + "/files/canary.png",
                                   "GET " + draft + "/files/canary.png", "GET /api/user/records",
                                   "DELETE " + draft, "GET " + draft});
}

TEST_CASE("what earlier canaries left is removed, and nothing else", "[observer]") {
  ScriptedSite site;
  for (int i = 0; i < 3; ++i)
    site.add({.title = "holdfast canary 0123456789abcde" + std::to_string(i)});
  const std::string published = site.add({.title = "holdfast canary 0123456789abcdef", .is_published = true});
  const std::string treatise = site.add({.title = "holdfast canary and other birds"});
  REQUIRE(look(begin_canary, question_for(site)).verdict == succeeded);
  const auto left = site.drafts();
  REQUIRE(left.size() == 2);
  REQUIRE(left.contains(published));
  REQUIRE(left.contains(treatise));
}

TEST_CASE("what cannot be removed is told, and no other draft is made", "[observer]") {
  ScriptedSite site;
  site.add({.title = "holdfast canary 0123456789abcdef"});
  site.answer("DELETE /api/records/{id}/draft", http_answer("403 FORBIDDEN"));
  REQUIRE(look(begin_canary, question_for(site)) ==
          Answer{failed, "remains of earlier canaries: 403 FORBIDDEN"});
  REQUIRE(asked(site, "POST /api/records") == 0);
}

TEST_CASE("a step that fails is told, and the draft is removed", "[observer]") {
  const std::string draft = "/api/records/{id}/draft";
  const std::string error = http_answer("500 INTERNAL SERVER ERROR", R"({"status":500})");
  const std::string words = ": 500 INTERNAL SERVER ERROR; its body begins with \"{\"status\":500}\"";
  const std::pair<std::string, std::string> steps[] = {
      {"GET /api/user/records", "remains of earlier canaries"},
      {"POST /api/records", "draft"},
      {"POST " + draft + "/files", "image"},
      {"PUT " + draft + "/files/canary.png/content", "image"},
      {"POST " + draft + "/files/canary.png/commit", "image"},
      {"GET " + draft + "/files/canary.png", "worker"},
      {"GET " + draft, "deletion"},
  };
  for (const auto& [request, step] : steps) {
    ScriptedSite site;
    site.answer(request, error);
    REQUIRE(look(begin_canary, question_for(site)) == Answer{failed, step + words});
    REQUIRE(site.drafts().empty());
  }
}

TEST_CASE("an answer that is not InvenioRDM's is none", "[observer]") {
  for (const char* const body : {"", "{}", "[]", R"({"id":"../x"})", R"({"id":7})"}) {
    ScriptedSite site;
    site.answer("POST /api/records", http_answer("201 CREATED", body));
    REQUIRE(look(begin_canary, question_for(site)).said.starts_with("draft: 201 CREATED"));
  }
  for (const char* const body : {"", "{}", R"({"hits":7})", R"({"hits":{"hits":{}}})"}) {
    ScriptedSite site;
    site.answer("GET /api/user/records", http_answer("200 OK", body));
    REQUIRE(look(begin_canary, question_for(site)).said.starts_with("remains of earlier canaries: 200 OK"));
  }
}

TEST_CASE("a worker that does not work and a search that does not find are named", "[observer]") {
  ScriptedSite idle;
  idle.mark_after(-1);
  const Answer worker = look(begin_canary, question_for(idle, 1500ms));
  REQUIRE(worker.verdict == failed);
  REQUIRE(worker.said.starts_with("the worker did not mark the image within "));
  REQUIRE(idle.drafts().empty());
  ScriptedSite blind;
  blind.hide_from_search();
  const Answer search = look(begin_canary, question_for(blind, 1500ms));
  REQUIRE(search.verdict == failed);
  REQUIRE(search.said.starts_with("search does not find the draft within "));
  REQUIRE(blind.drafts().empty());
}

TEST_CASE("a draft that stays though it was deleted is a failure", "[observer]") {
  ScriptedSite site;
  site.keep_deleted();
  REQUIRE(look(begin_canary, question_for(site)).said.starts_with("deletion: 200 OK"));
}

TEST_CASE("a token that is not accepted, or none, is told", "[observer]") {
  const ScriptedSite site;
  ProbeQuestion question = question_for(site);
  question.secret = "another";
  REQUIRE(look(begin_canary, question) == Answer{failed, "the token is not accepted (401)"});
  question.secret.clear();
  REQUIRE(look(begin_canary, question) == Answer{unknown, "the canary has no token"});
}

TEST_CASE("a site that limits the canary says nothing of its health", "[observer]") {
  ScriptedSite site;
  site.answer("POST /api/records", http_answer("429 TOO MANY REQUESTS"));
  REQUIRE(look(begin_canary, question_for(site)) == Answer{unknown, "draft: 429 TOO MANY REQUESTS"});
}

TEST_CASE("a site that falls silent is told by the request, and the draft is tried to be removed",
          "[observer]") {
  ScriptedSite site;
  site.answer("POST /api/records/{id}/draft/files", "");
  const Answer answer = look(begin_canary, question_for(site, 1500ms));
  REQUIRE(answer.said.starts_with("image: no answer within "));
  REQUIRE(answer.said.find(", waits for the answer to POST /api/records/xyz34-1/draft/files") !=
          std::string::npos);
  REQUIRE(site.drafts().empty());
  site.answer("DELETE /api/records/{id}/draft", "");
  REQUIRE(look(begin_canary, question_for(site, 1000ms)).said.starts_with("image: no answer within "));
}

TEST_CASE("a site that is not there is a failure, a URL that is none a reason of ours", "[observer]") {
  const std::string nobody = "127.0.0.1:" + std::to_string(test::free_ports(1));
  REQUIRE(look(begin_canary, {.target = "http://" + nobody, .secret = "a"}) ==
          Answer{failed, "remains of earlier canaries: " + nobody + ": Connection refused"});
  REQUIRE(look(begin_canary, {.target = "x", .secret = "a"}).verdict == unknown);
}

} // namespace
} // namespace holdfast::observer
